package codebook

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// BuildOptions tune a build. The zero value builds with the starter's words, refuses what looks cut off, and is silent.
type BuildOptions struct {
	// NoStarter leaves out the starter's own-words descriptions.
	NoStarter bool
	// Force accepts a release that is suspiciously smaller than the one before it or than the same one in the file that is replaced.
	Force bool
	// Accept is asked, before anything is written, who accepted the licences behind these copyright lines, and on which day. It is asked for
	// those only that were not accepted for the file that is replaced. An empty name, or nil, records that nobody said so; an error ends the build.
	Accept func([]Terms) (by string, on time.Time, err error)
	// Pages reads PDFs, as rule books are published. nil reads none, and the report says so.
	Pages PageReader
	// Progress is called from the goroutine of Build, at most some hundred times a file. nil is silent.
	Progress func(Progress)
}

// Progress says how far a build is.
type Progress struct {
	// Stage is "reading" or "writing".
	Stage string
	// File is the input being read; empty while writing.
	File string
	// Done of Total: bytes while reading (of all inputs together), rows while writing.
	Done, Total int64
}

// Report says what a build read, what it left alone and why, and what it made of it.
type Report struct {
	// Out is the file that was written.
	Out string `json:"out"`
	// Releases are those in the file, sorted by kind and first day.
	Releases []Release `json:"releases"`
	// Read lists the inputs that went into it, NotRead those that did not, each with the reason.
	Read    []ReadFile `json:"read"`
	NotRead []ReadFile `json:"not_read"`
	// Warnings are what a person should look at; none of them kept the file from being written.
	Warnings []string `json:"warnings"`
	// Acceptances say who accepted the licences of what was read.
	Acceptances []Acceptance `json:"acceptances,omitempty"`
	// Bytes is the size of the file.
	Bytes int64 `json:"bytes"`
}

// ReadFile is one input of a build.
type ReadFile struct {
	File string `json:"file"`
	// What is the kind of file as recognised by its content, empty if unknown.
	What string `json:"what"`
	// Note says what was found in it or why it was not read.
	Note string `json:"note"`
}

// ErrShrunk is in the error of a build that was refused because a release has far fewer codes than it should.
var ErrShrunk = errors.New("a release shrank suspiciously")

// shrinkLimit: between two ICD-10-CM releases the number of codes has never fallen; HCPCS and ICD-10-PCS fell by at most 3 %.
const shrinkLimit = 0.95

// Build reads official files and compiles them into one file at out, which is replaced only when all went well, by a rename, so that
// whoever has the old one open keeps it.
//
// The inputs are files, folders (read to the bottom) and zip archives. Each file is recognised by its content; what is not recognised, or
// recognised and not read yet, stands in the report and stops nothing. A recognised file with a fault stops the build: the error names
// file, line, column and what was expected, for up to ten faults a file. The same inputs always give the same bytes.
func Build(ctx context.Context, out string, inputs []string, opts BuildOptions) (*Report, error) {
	if len(inputs) == 0 {
		return nil, errors.New("building a codebook: name at least one file, folder or zip archive with official files")
	}
	report := &Report{Out: out, Read: []ReadFile{}, NotRead: []ReadFile{}, Warnings: []string{}}
	editions, err := readInputs(ctx, inputs, opts, report)
	if err != nil {
		return report, err
	}
	if len(editions) == 0 {
		return report, fmt.Errorf("building a codebook: none of the %d files under %s is an official file that is read (see the report for what each is)",
			len(report.NotRead), strings.Join(inputs, ", "))
	}
	editions, warnings, err := settle(editions)
	report.Warnings = append(report.Warnings, warnings...)
	if err != nil {
		return report, err
	}
	if !opts.Force {
		if err := refuseShrunk(ctx, out, editions); err != nil {
			return report, err
		}
	}
	if !opts.NoStarter {
		files := starterFiles()
		starter, err := readStarter(files)
		if err != nil {
			return report, err
		}
		if starter.sha, err = hashFiles(files); err != nil {
			return report, err
		}
		editions = append(editions, starter)
	}
	accepted, err := accept(ctx, out, editions, opts.Accept)
	if err != nil {
		return report, err
	}
	report.Acceptances = accepted
	meta, err := withAcceptances(map[string]string{"kind": "built"}, accepted)
	if err != nil {
		return report, err
	}
	lib := merge(editions)
	report.Releases = lib.releases
	step := func(done, total int) {
		if opts.Progress != nil {
			opts.Progress(Progress{Stage: "writing", Done: int64(done), Total: int64(total)})
		}
	}
	if err := compile(ctx, lib, out, meta, step); err != nil {
		return report, err
	}
	if info, err := os.Stat(out); err == nil {
		report.Bytes = info.Size()
	}
	return report, nil
}

// compile writes a library beside out and renames it into place.
func compile(ctx context.Context, lib *library, out string, meta map[string]string, step func(done, total int)) (err error) {
	temp, err := os.CreateTemp(filepath.Dir(out), "."+filepath.Base(out)+".*.tmp")
	if err != nil {
		return fmt.Errorf("writing the codebook: %w", err)
	}
	name := temp.Name()
	temp.Close()
	defer func() {
		if err != nil {
			os.Remove(name)
		}
	}()
	if err := lib.write(ctx, name, meta, step); err != nil {
		return err
	}
	if err := os.Chmod(name, 0o644); err != nil {
		return fmt.Errorf("writing the codebook: %w", err)
	}
	if err := syncFile(name); err != nil {
		return fmt.Errorf("writing the codebook: %w", err)
	}
	if err := os.Rename(name, out); err != nil {
		return fmt.Errorf("putting the codebook in its place: %w", err)
	}
	// The name is on the disk once the folder is; where folders cannot be synced the file is whole all the same.
	if dir, err := os.Open(filepath.Dir(out)); err == nil {
		_ = dir.Sync()
		dir.Close()
	}
	return nil
}

// readInputs reads every input that is recognised.
func readInputs(ctx context.Context, paths []string, opts BuildOptions, report *Report) ([]*edition, error) {
	inputs, closers, err := gather(ctx, paths)
	defer func() {
		for _, c := range closers {
			c.Close()
		}
	}()
	if err != nil {
		return nil, fmt.Errorf("building a codebook: %w", err)
	}
	var done, total int64
	for _, in := range inputs {
		total += in.size
	}
	var editions []*edition
	var faulty []error
	seen := map[string]string{}  // content to the file that had it
	texts := map[string]string{} // path without extension to the text file read there
	for _, in := range inputs {
		tell := func(n int64) {
			if opts.Progress != nil {
				opts.Progress(Progress{Stage: "reading", File: in.path, Done: done + n, Total: total})
			}
		}
		tell(0)
		stem := strings.TrimSuffix(in.path, path.Ext(in.path))
		if twin := texts[stem]; twin != "" && strings.EqualFold(path.Ext(in.path), ".xlsx") {
			// CMS packs both into one archive. They are sorted by name, so the text (.csv, .txt) comes first; reading it is quicker.
			report.NotRead = append(report.NotRead, ReadFile{File: in.path, Note: "the same as a workbook as " + path.Base(twin) + " beside it, which is read"})
			done += in.size
			continue
		}
		imp, why, ok, err := ruleBookImporter(ctx, in, opts.Pages)
		if err == nil && !ok && why == "" {
			imp, why, ok, err = recognise(in)
		}
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		switch {
		case err != nil:
			faulty = append(faulty, err)
		case !ok:
			report.NotRead = append(report.NotRead, ReadFile{File: in.path, What: imp.what, Note: why})
		case imp.read == nil:
			what, unneeded := strings.CutSuffix(imp.what, notNeeded)
			note := "not read yet"
			if unneeded {
				note = "holds nothing that is needed"
			}
			report.NotRead = append(report.NotRead, ReadFile{File: in.path, What: what, Note: note})
		default:
			ed, warnings, err := readOne(ctx, in, imp, tell)
			if ctx.Err() != nil {
				return nil, ctx.Err()
			}
			if err != nil {
				faulty = append(faulty, err)
				break
			}
			if first, twice := seen[ed.sha]; twice {
				report.NotRead = append(report.NotRead, ReadFile{File: in.path, What: imp.what, Note: "the same content as " + first})
				break
			}
			seen[ed.sha], texts[stem] = in.path, in.path
			if ed.datedBy != "" && ed.datedBy != in.name() {
				report.Warnings = append(report.Warnings, fmt.Sprintf("%s: nothing in it and nothing in its name says which edition it is; %q was taken to mean %s", in.path, ed.datedBy, ed.name))
			}
			report.Warnings = append(report.Warnings, warnings...)
			report.Read = append(report.Read, ReadFile{File: in.path, What: imp.what, Note: describe(ed)})
			editions = append(editions, ed)
		}
		done += in.size
	}
	if len(faulty) > 0 {
		return nil, fmt.Errorf("building a codebook: %w", errors.Join(faulty...))
	}
	return editions, nil
}

func describe(ed *edition) string {
	if ed.summary != "" {
		return ed.name + ": " + ed.summary
	}
	switch ed.kind {
	case kindTabularCM:
		return ed.name + ": " + describeTabular(ed)
	case kindAddenda:
		return fmt.Sprintf("%s: %d changes", ed.name, len(ed.changes))
	}
	if ed.facts != nil {
		return ed.name + ": " + ed.facts.describe()
	}
	billable := 0
	for _, r := range ed.rows {
		billable += btoi(r.billable)
	}
	return fmt.Sprintf("%s: %d codes, %d headings", ed.name, billable, len(ed.rows)-billable)
}

func readOne(ctx context.Context, in input, imp importer, tell func(int64)) (*edition, []string, error) {
	r, err := in.open()
	if err != nil {
		return nil, nil, &FileError{File: in.path, Want: "a readable file", Err: err}
	}
	defer r.Close()
	metered := &meteredReader{r: r, hash: sha256.New(), tell: tell}
	ed, warnings, err := imp.read(ctx, in, metered)
	if err != nil {
		return nil, nil, err
	}
	if _, err := io.Copy(io.Discard, metered); err != nil { // what an XML file has after its root counts for the hash too
		return nil, nil, &FileError{File: in.path, Want: "a readable file", Err: err}
	}
	ed.file, ed.sha = in.base, hex.EncodeToString(metered.hash.Sum(nil))
	return ed, warnings, nil
}

// meteredReader hashes what passes and tells how much did.
type meteredReader struct {
	r       io.Reader
	hash    hash.Hash
	n, told int64
	tell    func(int64)
}

func (m *meteredReader) Read(p []byte) (int, error) {
	n, err := m.r.Read(p)
	m.hash.Write(p[:n])
	if m.n += int64(n); m.n-m.told >= 256<<10 {
		m.told = m.n
		m.tell(m.n)
	}
	return n, err
}

// settle sorts the editions and leaves one for each kind and first day. Parts of one edition join. Of several files that each hold it, the
// one that holds more is used (an order file before a codes file before a bare list); what the others say differently is a warning; two of
// the same worth are an error, as nobody could say which is right.
func settle(editions []*edition) ([]*edition, []string, error) {
	slices.SortStableFunc(editions, func(a, b *edition) int {
		if c := strings.Compare(a.kind, b.kind); c != 0 {
			return c
		}
		if a.first != b.first {
			return int(a.first - b.first)
		}
		if a.rank != b.rank {
			return b.rank - a.rank
		}
		return strings.Compare(a.file, b.file)
	})
	var out []*edition
	var warnings []string
	for _, ed := range editions {
		if len(out) == 0 || out[len(out)-1].kind != ed.kind || out[len(out)-1].first != ed.first {
			out = append(out, ed)
			continue
		}
		best := out[len(out)-1]
		switch {
		case ed.kind == kindAddenda: // those of the order file and of the codes file say the same
			if len(best.changes) == 0 {
				best.changes = ed.changes
			}
		case ed.rank == best.rank && joins(best):
			if err := joinEditions(best, ed); err != nil {
				return nil, warnings, err
			}
		case ed.rank == best.rank:
			return nil, warnings, fmt.Errorf("building a codebook: %s and %s are both %s and differ; give only the one that holds", best.file, ed.file, ed.name)
		default:
			warnings = append(warnings, compare(best, ed)...)
		}
	}
	for _, ed := range out {
		if l, ok := ed.facts.(lister); ok {
			ed.rows = l.codeRows()
		}
		if p, ok := ed.facts.(parted); ok {
			if gaps := p.gaps(); gaps != "" {
				warnings = append(warnings, ed.name+": "+gaps)
			}
		}
		if f, ok := ed.facts.(settler); ok {
			if err := f.settled(ed); err != nil {
				return nil, warnings, fmt.Errorf("building a codebook: %w", err)
			}
		}
	}
	for _, a := range out {
		if a.kind != kindAddenda {
			continue
		}
		for _, ed := range out {
			if ed.kind == kindICD10CM && ed.made == a.made && ed.first == a.first {
				warnings = append(warnings, checkCounts(a, ed)...)
			}
		}
	}
	return out, warnings, nil
}

func joins(ed *edition) bool {
	_, ok := ed.facts.(joiner)
	return ok
}

// compare says where two files for one edition differ in what they hold: their facts, or the codes that may be reported.
func compare(best, other *edition) []string {
	if best.facts != nil {
		c, ok := best.facts.(comparer)
		if !ok {
			return nil
		}
		if text := c.differs(other.facts); text != "" {
			return []string{fmt.Sprintf("%s and %s are both %s; the first was used, and they differ: %s", best.file, other.file, best.name, text)}
		}
		return nil
	}
	have := map[codeKey]bool{}
	for _, r := range best.rows {
		if r.billable {
			have[codeKey{r.system, r.key}] = true
		}
	}
	var only []string
	n := 0
	for _, r := range other.rows {
		if !r.billable {
			continue
		}
		if k := (codeKey{r.system, r.key}); have[k] {
			delete(have, k)
		} else if n++; len(only) < 5 {
			only = append(only, show(r.system, r.key))
		}
	}
	if n == 0 && len(have) == 0 {
		return nil
	}
	text := fmt.Sprintf("%s and %s are both %s and differ: %d codes only in the first, which was used, %d only in the second", best.file, other.file, best.name, len(have), n)
	if len(only) > 0 {
		text += " (" + strings.Join(only, ", ") + " ...)"
	}
	return []string{text}
}

// refuseShrunk compares each release with the one before it and with the same one in the file that is to be replaced.
func refuseShrunk(ctx context.Context, out string, editions []*edition) error {
	count := func(ed *edition) int {
		if ed.facts != nil {
			return ed.facts.rows()
		}
		n := 0
		for _, r := range ed.rows {
			n += btoi(r.billable)
		}
		return n
	}
	old := map[string]Release{}
	if book, err := Open(ctx, out); err == nil {
		for _, r := range book.Releases() {
			old[r.Kind+r.First] = r
		}
		book.Close()
	}
	var shrunk []error
	for i, ed := range editions {
		if !ed.whole && ed.facts == nil {
			continue
		}
		if s, ok := ed.facts.(interface{ mayShrink() bool }); ok && s.mayShrink() {
			continue
		}
		n := count(ed)
		if i > 0 && editions[i-1].kind == ed.kind {
			if before := count(editions[i-1]); float64(n) < shrinkLimit*float64(before) {
				shrunk = append(shrunk, fmt.Errorf("%s has %d %s, the release before it (%s) %d", ed.fileNames(), n, unit(ed), editions[i-1].name, before))
			}
		}
		if r, ok := old[ed.kind+ed.first.String()]; ok {
			before := r.Codes
			if ed.facts != nil {
				before = r.Facts
			}
			if float64(n) < shrinkLimit*float64(before) {
				shrunk = append(shrunk, fmt.Errorf("%s has %d %s, the file that would be replaced has %d for %s", ed.fileNames(), n, unit(ed), before, r.Name))
			}
		}
	}
	if len(shrunk) == 0 {
		return nil
	}
	return fmt.Errorf("building a codebook: %w; is the file cut off? Check it, or build again with --force: %w", ErrShrunk, errors.Join(shrunk...))
}

// unit is what an edition is measured by.
func unit(ed *edition) string {
	if ed.facts != nil {
		return "rows"
	}
	return "codes"
}

// hashFiles is the hash of a folder's tables, names and contents.
func hashFiles(files fs.FS) (string, error) {
	h := sha256.New()
	for _, table := range starterTables() {
		data, err := fs.ReadFile(files, table.file)
		if err != nil {
			return "", fmt.Errorf("reading the starter codebook: %w", err)
		}
		fmt.Fprintf(h, "%s %d\n", table.file, len(data))
		h.Write(data)
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}
