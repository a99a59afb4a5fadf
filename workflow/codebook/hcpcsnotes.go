package codebook

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strings"
	"time"

	"caseconsultant/workflow/codes"
)

const (
	kindHCPCSNotes = "hcpcs-notes"
	kindNOC        = "hcpcs-noc"
)

const hcpcsNoteTables = `
CREATE TABLE hcpcs_notes (
	release INTEGER NOT NULL,
	number  TEXT NOT NULL,
	text    TEXT NOT NULL,
	PRIMARY KEY (release, number)
) WITHOUT ROWID;
CREATE TABLE hcpcs_noc (
	release INTEGER NOT NULL,
	code    TEXT NOT NULL,
	PRIMARY KEY (release, code)
) WITHOUT ROWID;
`

type hcpcsNote struct{ number, text string }

type hcpcsNoteFacts struct{ list []hcpcsNote }

func (f *hcpcsNoteFacts) rows() int        { return len(f.list) }
func (f *hcpcsNoteFacts) describe() string { return counted(len(f.list)) + " processing notes" }

func (f *hcpcsNoteFacts) write(w *writer, release int) {
	w.each("INSERT INTO hcpcs_notes (release, number, text) VALUES ($1, $2, $3)", func(insert func(...any)) {
		for _, n := range f.list {
			insert(release, n.number, n.text)
		}
	})
}

var processingNote = regexp.MustCompile(`^\s*([0-9]{4})--(.*)$`)

func isProcessingNotes(h head) bool {
	found := 0
	for _, line := range h.lines {
		found += btoi(processingNote.MatchString(line))
	}
	return found >= 3 && strings.Contains(strings.ToUpper(h.lines[0]), "PROCESSING NOTE")
}

// readProcessingNotes reads proc_notes_MONyyyy.txt, which the HCPCS file refers to by number: four digits, two hyphens, the text over several
// lines, each ended by an asterisk in column 92. Notes that were deleted are left out.
func readProcessingNotes(ctx context.Context, in input, r io.Reader) (*edition, []string, error) {
	ed, err := hcpcsEdition(in.context)
	if err != nil {
		return nil, nil, fmt.Errorf("%s: %w", in.path, err)
	}
	facts := &hcpcsNoteFacts{}
	ed.name = "HCPCS processing notes" + strings.TrimPrefix(ed.name, "HCPCS Level II")
	ed.kind, ed.rank, ed.titles, ed.facts = kindHCPCSNotes, 1, true, facts
	seen := map[string]bool{}
	err = eachLine(ctx, in, r, func(lines *lineReader, line string) error {
		text := squeeze(strings.TrimRight(line, "* \t"))
		if m := processingNote.FindStringSubmatch(text); m != nil {
			if seen[m[1]] {
				return lines.fault(1, "a note that is not yet in the file", m[1])
			}
			seen[m[1]] = true
			facts.list = append(facts.list, hcpcsNote{m[1], squeeze(m[2])})
		} else if last := len(facts.list) - 1; last >= 0 && text != "" {
			facts.list[last].text = squeeze(facts.list[last].text + " " + text)
		}
		return nil
	})
	if err != nil {
		return nil, nil, err
	}
	kept := facts.list[:0]
	for _, n := range facts.list {
		if n.text != "" && !strings.Contains(strings.ToUpper(n.text), "PROCESSING NOTE DELETED") {
			kept = append(kept, n)
		}
	}
	facts.list = kept
	if len(facts.list) == 0 {
		return nil, nil, in.wants("at least one note, as four digits, two hyphens and a text")
	}
	return ed, nil, nil
}

// ProcessingNote is the note that the HCPCS file in force on a day (zero: today) refers to from a code, "" when it refers to none or the
// notes of that release are not loaded.
func (b *Book) ProcessingNote(ctx context.Context, code string, on time.Time) (string, error) {
	key, d := keyOf(code), b.day(on)
	release, file := b.inForce(kindHCPCSNotes, d), b.inForce(kindHCPCS, d)
	if release < 0 || file < 0 || !isHCPCS(key) {
		return "", nil
	}
	rec, err := b.load(ctx, codes.HCPCS, key)
	if err != nil || rec == nil {
		return "", err
	}
	s, ok := rec.span(file)
	number := flagOf(&s, "processing_note")
	if !ok || number == "" {
		return "", nil
	}
	var text string
	err = b.query(ctx, "SELECT text FROM hcpcs_notes WHERE release = $1 AND number = $2", func(rows *sql.Rows) error {
		return rows.Scan(&text)
	}, release, number)
	if err != nil {
		return "", fmt.Errorf("reading a processing note: %w", err)
	}
	return text, nil
}

type nocFacts struct{ list []string }

func (f *nocFacts) rows() int { return len(f.list) }
func (f *nocFacts) describe() string {
	return counted(len(f.list)) + " codes for what is not otherwise classified"
}

func (f *nocFacts) write(w *writer, release int) {
	w.each("INSERT INTO hcpcs_noc (release, code) VALUES ($1, $2) ON CONFLICT DO NOTHING", func(insert func(...any)) {
		for _, code := range f.list {
			insert(release, code)
		}
	})
}

// isNOC: a table that says that it is of these codes, in its title or its name, and has a column of HCPCS codes. The layout of the
// published workbook has not been seen here, so no more is asked of it.
func isNOC(h head) bool {
	said := false
	for _, name := range h.names[:min(len(h.names), 1)] {
		said = said || strings.Contains(strings.ToUpper(name), "NOC")
	}
	rows := h.rows[:min(len(h.rows), 12)]
	for _, cells := range rows {
		text := strings.ToUpper(strings.Join(cells, " "))
		said = said || strings.Contains(text, "NOT OTHERWISE CLASSIFIED (NOC)") || strings.Contains(text, "NOC CODES")
	}
	return said && nocColumn(h.rows) >= 0
}

// nocColumn is the first column with at least two HCPCS codes.
func nocColumn(rows [][]string) int {
	found := map[int]int{}
	best := -1
	for _, cells := range rows {
		for i, cell := range cells {
			if isHCPCS(cell) {
				if found[i]++; found[i] == 2 && (best < 0 || i < best) {
					best = i
				}
			}
		}
	}
	return best
}

// readNOC reads CMS's list of HCPCS codes for what is not otherwise classified ("NOC codes_MON yyyy.xlsx", in the quarter's archive).
func readNOC(ctx context.Context, in input, r io.Reader) (*edition, []string, error) {
	ed, err := hcpcsEdition(in.context)
	if err != nil {
		return nil, nil, fmt.Errorf("%s: %w", in.path, err)
	}
	facts := &nocFacts{}
	ed.name = "HCPCS codes not otherwise classified" + strings.TrimPrefix(ed.name, "HCPCS Level II")
	ed.kind, ed.rank, ed.titles, ed.facts = kindNOC, 1, true, facts
	s, err := openSheet(in.path, r)
	if err != nil {
		return nil, nil, err
	}
	for n := 0; ; n++ {
		if n%4096 == 0 && ctx.Err() != nil {
			return nil, nil, ctx.Err()
		}
		cells, err := s.next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, nil, err
		}
		for _, cell := range cells {
			if isHCPCS(cell) {
				facts.list = append(facts.list, cell)
				break
			}
		}
	}
	if len(facts.list) == 0 {
		return nil, nil, in.wants("at least one HCPCS code in a cell of its own")
	}
	return ed, nil, nil
}

// NotOtherwiseClassified reports whether the list in force on a day (zero: today) has a HCPCS code as one for what has no code of its own.
// known is false when no list for that day is loaded.
func (b *Book) NotOtherwiseClassified(ctx context.Context, code string, on time.Time) (listed, known bool, err error) {
	release := b.inForce(kindNOC, b.day(on))
	if release < 0 {
		return false, false, nil
	}
	err = b.query(ctx, "SELECT 1 FROM hcpcs_noc WHERE release = $1 AND code = $2", func(*sql.Rows) error {
		listed = true
		return nil
	}, release, keyOf(code))
	if err != nil {
		return false, false, fmt.Errorf("reading the codes not otherwise classified: %w", err)
	}
	return listed, true, nil
}
