package codebook

import (
	"context"
	"database/sql"
	"fmt"

	"caseconsultant/workflow/codes"
)

// LicenceCPT marks texts of the American Medical Association, which are in a book only from the files of a licensee.
const LicenceCPT = "cpt"

// licensedTables keep what may be shown only under a licence apart from everything else: no record or title is made of it, and the words by
// which it is searched are apart too, so that nothing has to be remembered to be left out.
const licensedTables = `
CREATE TABLE licensed_files (
	release   INTEGER NOT NULL,
	number    INTEGER NOT NULL,
	kind      TEXT NOT NULL,
	licence   TEXT NOT NULL,
	source    TEXT NOT NULL,
	copyright TEXT NOT NULL,
	PRIMARY KEY (release, number)
) WITHOUT ROWID;
CREATE TABLE licensed_texts (
	release INTEGER NOT NULL,
	system  TEXT NOT NULL,
	code    TEXT NOT NULL,
	file    INTEGER NOT NULL,
	number  INTEGER NOT NULL,
	text    TEXT NOT NULL,
	PRIMARY KEY (release, system, code, file, number)
) WITHOUT ROWID;
`

// Licensed is a view of the same open book that also shows texts under a licence (see Description.Licence) for which allow is true at the
// moment of the look-up, so that a licence that ends takes its texts away at once. A book shows none by default. Views for different uses,
// the desk and the mail, live side by side; closing any of them closes the book. allow is called from many goroutines.
func (b *Book) Licensed(allow func(licence string) bool) *Book {
	view := *b
	view.allow = allow
	return &view
}

func (b *Book) allows(licence string) bool {
	return licence == "" || b.allow != nil && b.allow(licence)
}

// addLicensed puts the licensed texts of the edition in force in front of ours, and takes the long one for the title.
func (b *Book) addLicensed(ctx context.Context, e *Entry, system codes.System, key string, on day) error {
	if b.allow == nil || system != codes.CPT && system != codes.Modifier {
		return nil
	}
	release := b.inForce(kindCPT, on)
	if release < 0 {
		return nil
	}
	var texts []Description
	err := b.query(ctx, `SELECT f.kind, f.licence, f.source, f.copyright, t.text
		FROM licensed_texts AS t
		JOIN licensed_files AS f ON f.release = t.release AND f.number = t.file
		WHERE t.release = $1 AND t.system = $2 AND t.code = $3
		ORDER BY t.file, t.number`, func(rows *sql.Rows) error {
		var d Description
		if err := rows.Scan(&d.Kind, &d.Licence, &d.Source, &d.Copyright, &d.Text); err != nil {
			return err
		}
		if b.allows(d.Licence) {
			texts = append(texts, d)
		}
		return nil
	}, release, string(system), key)
	if err != nil {
		return fmt.Errorf("reading the licensed texts of a code: %w", err)
	}
	for _, kind := range []string{KindShort, KindMedium, KindOfficial} { // the longest that is there
		for _, d := range texts {
			if d.Kind == kind {
				e.Title = d.Text
			}
		}
	}
	e.Descriptions = append(texts, e.Descriptions...)
	return nil
}
