package codebook

import (
	"cmp"
	"context"
	"database/sql"
	"fmt"
	"maps"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"

	_ "modernc.org/sqlite" // the database/sql driver "sqlite"

	"caseconsultant/workflow/codes"
)

// codeKey names a code in a build.
type codeKey struct {
	system codes.System
	key    string
}

// library is what a build has read, merged over all editions, ready to be written.
type library struct {
	editions []*edition
	releases []Release // parallel to editions
	records  map[codeKey]*record
	keywords map[codeKey][]string
	more     map[codeKey]string
}

// merge lays the editions side by side. They must be sorted by kind and first day, with one for each.
func merge(editions []*edition) *library {
	lib := &library{editions: editions, records: map[codeKey]*record{}, keywords: map[codeKey][]string{}, more: map[codeKey]string{}}
	get := func(k codeKey) *record {
		r := lib.records[k]
		if r == nil {
			r = &record{}
			lib.records[k] = r
		}
		return r
	}
	for i, ed := range editions {
		rel := Release{Kind: ed.kind, Name: ed.name, File: ed.fileNames(), SHA256: ed.sha, First: ed.first.String(), MadeUntil: ed.made.String(),
			Whole: ed.whole, Titles: ed.titles, Licence: ed.licence}
		last := ed.made
		if i+1 < len(editions) && editions[i+1].kind == ed.kind {
			if until := editions[i+1].first.add(-1); last == 0 || until < last {
				last = until
			}
		}
		rel.Last = last.String()
		if ed.facts != nil {
			rel.Facts = ed.facts.rows()
		}
		for _, one := range ed.rows {
			k := codeKey{one.system, one.key}
			r := get(k)
			one.release = i
			r.spans = append(r.spans, one.span)
			r.texts = append(r.texts, one.texts...)
			lib.keywords[k] = append(lib.keywords[k], one.keywords...)
			if one.more != "" {
				lib.more[k] = one.more
			}
			if one.billable {
				rel.Codes++
			} else {
				rel.Headings++
			}
		}
		for _, n := range ed.notes {
			if n.level != "code" {
				continue
			}
			k := codeKey{codes.ICD10CM, n.key}
			r := get(k)
			r.notes = append(r.notes, ownNote{release: i, kind: n.kind, text: n.text})
			if n.kind == "inclusion-term" || n.kind == "includes" {
				lib.keywords[k] = append(lib.keywords[k], n.text)
			}
		}
		for _, c := range ed.changes {
			r := get(codeKey{c.system, c.key})
			r.changes = append(r.changes, change{release: i, action: c.action, text: c.text})
		}
		lib.releases = append(lib.releases, rel)
	}
	lib.addTerms()
	return lib
}

// sortedKeys lists all codes in the order in which they are stored.
func (lib *library) sortedKeys() []codeKey {
	return slices.SortedFunc(maps.Keys(lib.records), compareKeys)
}

func compareKeys(a, b codeKey) int {
	return cmp.Or(cmp.Compare(a.system, b.system), cmp.Compare(a.key, b.key))
}

// write makes the file at path, which must not exist. The same library gives the same bytes.
func (lib *library) write(ctx context.Context, path string, meta map[string]string, step func(done, total int)) (err error) {
	db, err := sql.Open("sqlite", fileURI(path)+"?_pragma=busy_timeout(0)")
	if err != nil {
		return fmt.Errorf("writing the codebook: %w", err)
	}
	db.SetMaxOpenConns(1)
	defer func() {
		if cerr := db.Close(); err == nil && cerr != nil {
			err = fmt.Errorf("writing the codebook: %w", cerr)
		}
	}()
	if _, err := db.ExecContext(ctx, schema()+fmt.Sprintf("PRAGMA application_id = %d; PRAGMA user_version = %d;", applicationID, schemaVersion)); err != nil {
		return fmt.Errorf("laying out the codebook: %w", err)
	}
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return fmt.Errorf("writing the codebook: %w", err)
	}
	defer tx.Rollback()
	w := writer{ctx: ctx, tx: tx}
	w.meta(meta)
	w.releases(lib)
	w.tabular(lib)
	keys := lib.sortedKeys()
	docs, vocabulary := lib.docs(keys)
	total := len(keys) + len(docs)
	for _, r := range lib.releases {
		total += r.Facts
	}
	w.step = func(done int) {
		if step != nil {
			step(done, total)
		}
	}
	w.records(lib, keys)
	w.members(lib)
	w.docs(docs, vocabulary, len(keys))
	w.facts(lib, len(keys)+len(docs))
	if w.err != nil {
		return fmt.Errorf("writing the codebook: %w", w.err)
	}
	if err := tx.Commit(); err != nil {
		return fmt.Errorf("writing the codebook: %w", err)
	}
	if len(docs) > 5000 {
		// One segment answers faster than many; the small starter is one already.
		if _, err := db.ExecContext(ctx, "INSERT INTO texts(texts) VALUES('optimize')"); err != nil {
			return fmt.Errorf("writing the codebook: %w", err)
		}
	}
	w.step(total)
	return nil
}

// fileURI writes a path as SQLite reads URIs; a ? or % in a folder's name must not become an option.
func fileURI(path string) string {
	if abs, err := filepath.Abs(path); err == nil {
		path = abs
	}
	path = filepath.ToSlash(path)
	if !strings.HasPrefix(path, "/") {
		path = "/" + path
	}
	return "file://" + (&url.URL{Path: path}).EscapedPath()
}

// writer inserts rows; the first error makes the rest do nothing.
type writer struct {
	ctx  context.Context
	tx   *sql.Tx
	err  error
	step func(done int)
}

// each prepares a statement and hands out a function that runs it.
func (w *writer) each(query string, f func(insert func(args ...any))) {
	if w.err != nil {
		return
	}
	st, err := w.tx.PrepareContext(context.WithoutCancel(w.ctx), query)
	if err != nil {
		w.err = err
		return
	}
	defer st.Close()
	n := 0
	f(func(args ...any) {
		if w.err != nil {
			return
		}
		if n++; n%1024 == 0 {
			// Cancelling is looked at here and not by the driver, which would start a goroutine for each of some hundred thousand rows.
			if w.err = w.ctx.Err(); w.err != nil {
				return
			}
		}
		_, w.err = st.ExecContext(context.WithoutCancel(w.ctx), args...)
	})
}

// fail makes the rest do nothing.
func (w *writer) fail(err error) {
	if w.err == nil {
		w.err = err
	}
}

func (w *writer) meta(meta map[string]string) {
	w.each("INSERT INTO meta (name, value) VALUES ($1, $2)", func(insert func(...any)) {
		for _, name := range slices.Sorted(maps.Keys(meta)) {
			insert(name, meta[name])
		}
	})
}

func (w *writer) releases(lib *library) {
	w.each(`INSERT INTO releases (id, kind, name, file, sha256, first_day, last_day, made_until, whole, titles, codes, headings, facts, licence)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)`, func(insert func(...any)) {
		for i, r := range lib.releases {
			last, _ := parseDay(r.Last)
			insert(i, r.Kind, r.Name, r.File, r.SHA256, int64(lib.editions[i].first), int64(last), int64(lib.editions[i].made),
				r.Whole, r.Titles, r.Codes, r.Headings, r.Facts, r.Licence)
		}
	})
}

func (w *writer) tabular(lib *library) {
	w.each("INSERT INTO blocks (release, category, block, chapter) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING", func(insert func(...any)) {
		for i, ed := range lib.editions {
			for _, b := range ed.blocks {
				insert(i, b.category, b.block, b.chapter)
			}
		}
	})
	w.each("INSERT INTO block_notes (release, place, number, level, kind, text) VALUES ($1, $2, $3, $4, $5, $6)", func(insert func(...any)) {
		for i, ed := range lib.editions {
			for _, title := range ed.blockTitles {
				insert(i, title.at, -1, title.level, title.kind, title.text)
			}
			for n, note := range ed.notes {
				if note.level != "code" {
					insert(i, note.at, n, note.level, note.kind, note.text)
				}
			}
		}
	})
}

func (w *writer) records(lib *library, keys []codeKey) {
	w.each("INSERT INTO codes (system, code, record) VALUES ($1, $2, $3)", func(insert func(...any)) {
		for i, k := range keys {
			insert(string(k.system), k.key, lib.records[k].encode())
			if i%2048 == 0 {
				w.step(i)
			}
		}
	})
}

// memberBillable is the flag of a code that may be reported.
const memberBillable = 1

func (w *writer) members(lib *library) {
	w.each("INSERT INTO members (release, system, width, keys, flags) VALUES ($1, $2, $3, $4, $5)", func(insert func(...any)) {
		for i, ed := range lib.editions {
			bySystem := map[codes.System][]row{}
			for _, r := range ed.rows {
				bySystem[r.system] = append(bySystem[r.system], r)
			}
			for _, system := range slices.Sorted(maps.Keys(bySystem)) {
				rows := bySystem[system]
				slices.SortFunc(rows, func(a, b row) int { return cmp.Compare(a.key, b.key) })
				width := 0
				for _, r := range rows {
					width = max(width, len(r.key))
				}
				keys, flags := make([]byte, 0, width*len(rows)), make([]byte, 0, len(rows))
				for _, r := range rows {
					keys = append(keys, r.key...)
					keys = append(keys, make([]byte, width-len(r.key))...)
					flags = append(flags, byte(btoi(r.billable)*memberBillable))
				}
				insert(i, string(system), width, keys, flags)
			}
		}
	})
}

func (w *writer) facts(lib *library, done int) {
	for i, ed := range lib.editions {
		if ed.facts == nil || w.err != nil {
			continue
		}
		ed.facts.write(w, i)
		done += ed.facts.rows()
		w.step(done)
	}
}

// syncFile makes sure that a file's bytes are on the disk before its name is.
func syncFile(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	return f.Sync()
}
