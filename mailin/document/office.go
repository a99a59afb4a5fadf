package document

import (
	"context"
	"encoding/xml"
	"errors"
	"io"
	"path"
	"sort"
	"strings"
)

// packKind says what a ZIP file is by its directory.
func packKind(ctx context.Context, in input, b *budget) Kind {
	// Looking does not cost what reading costs.
	spare := *b
	p, err := openPack(ctx, in, &spare)
	if err != nil {
		return ZIP
	}
	head := func(name string, n int64) string {
		r, err := p.open(name)
		if err != nil {
			return ""
		}
		text, _ := io.ReadAll(io.LimitReader(r, n))
		return string(text)
	}
	if p.has("mimetype") {
		if kind := openDocumentKind(head("mimetype", 100)); kind != None {
			return kind
		}
	}
	switch main := plainName(p.main()); {
	case p.has("xl/workbook.bin"), strings.HasPrefix(main, "visio/"), strings.HasSuffix(main, ".fdseq"):
		return Unreadable
	case strings.HasPrefix(main, "word/"), p.has("word/document.xml"):
		return DOCX
	case strings.HasPrefix(main, "xl/"), p.has("xl/workbook.xml"):
		return XLSX
	case strings.HasPrefix(main, "ppt/"), p.has("ppt/presentation.xml"):
		return PPTX
	case p.has("[Content_Types].xml"):
		switch types := head("[Content_Types].xml", 64<<10); {
		case strings.Contains(types, "wordprocessingml"):
			return DOCX
		case strings.Contains(types, "spreadsheetml"):
			return XLSX
		case strings.Contains(types, "presentationml"):
			return PPTX
		case strings.Contains(types, "ms-visio"), strings.Contains(types, "xps-fixed"):
			return Unreadable
		}
	case p.has("content.xml") && p.has("META-INF/manifest.xml"):
		return ODT
	case p.has("Index/Document.iwa"), p.has("Index.zip"):
		return Unreadable
	case p.has("META-INF/MANIFEST.MF"), p.has("AndroidManifest.xml"):
		return None
	}
	return ZIP
}

// unreadablePack says what to send instead of a package of a kind that cannot be read.
func unreadablePack(in input) string {
	p, err := openPack(context.Background(), in, &budget{expanded: 1 << 20})
	switch {
	case err != nil:
	case p.has("xl/workbook.bin"):
		return "This is a binary Excel workbook (.xlsb), which cannot be read here: please save it as .xlsx or CSV and send that."
	case p.has("Index/Document.iwa"), p.has("Index.zip"):
		return "This document was made with Apple's Pages, Numbers or Keynote and cannot be read here: please export it as a PDF or Word file and send that."
	}
	return "This document is of a format that cannot be read here: please save it as a PDF and send that."
}

// relation is a relationship from one part of a package to another one (ECMA-376-2, 9.3).
type relation struct {
	id, kind, target string // kind is the last word of the type, the same in transitional and strict files
}

// Bounds of what is kept of the parts that only describe others.
const (
	maxRelations     = 10_000
	maxRelationBytes = 4 << 20
	maxStyles        = 20_000
	maxSideNotes     = 20_000
)

// relations reads what a part refers to, "" for the package itself. External targets are left out: nothing is fetched.
func (p *pack) relations(part string) []relation {
	r, err := p.open(path.Join(path.Dir(part), "_rels", path.Base(part)+".rels"))
	if part == "" {
		r, err = p.open("_rels/.rels")
	}
	if err != nil {
		return nil
	}
	var all []relation
	t := newTokens(io.LimitReader(r, maxRelationBytes))
	for tok := t.next(); tok != nil && len(all) < maxRelations; tok = t.next() {
		e, ok := tok.(xml.StartElement)
		if !ok || e.Name.Local != "Relationship" || strings.EqualFold(attr(e, "TargetMode"), "External") {
			continue
		}
		target := attr(e, "Target")
		if !strings.HasPrefix(target, "/") {
			target = path.Join(path.Dir("/"+part), target)
		}
		all = append(all, relation{id: attr(e, "Id"), kind: path.Base(attr(e, "Type")), target: strings.TrimPrefix(target, "/")})
	}
	return all
}

// main is the part that a package is about.
func (p *pack) main() string {
	for _, r := range p.relations("") {
		if r.kind == "officeDocument" || r.kind == "document" || r.kind == "fixedrepresentation" {
			return r.target
		}
	}
	return ""
}

// byID finds the target of a relationship.
func byID(all []relation, id string) string {
	for _, r := range all {
		if r.id == id {
			return r.target
		}
	}
	return ""
}

// ofKind lists the targets of a kind.
func ofKind(all []relation, kind string) []string {
	var targets []string
	for _, r := range all {
		if r.kind == kind {
			targets = append(targets, r.target)
		}
	}
	return targets
}

// office is what the readers of packages have in common: a part that cannot be read costs that part.
type office struct {
	ctx  context.Context
	pack *pack
	p    *prose
	b    *budget
	err  error // the first thing that was wrong
}

func openOffice(ctx context.Context, in input, out output, b *budget) (*office, error) {
	pack, err := openPack(ctx, in, b)
	if err != nil {
		return nil, err
	}
	o := &office{ctx: ctx, pack: pack, p: newProse(out, b), b: b}
	if pack.broken {
		o.err = errNoZIP
	}
	return o, nil
}

// note keeps the first error. A missing part is none: most are optional.
func (o *office) note(err error) {
	if err != nil && o.err == nil && !errors.Is(err, errMissing) {
		o.err = err
	}
}

// stopped says that nothing more is to be read.
func (o *office) stopped() bool {
	return o.p.full || o.ctx.Err() != nil || o.b.expanded < 0
}

// tokens opens a part as XML, nil if it cannot be.
func (o *office) tokens(part string) *tokens {
	if o.stopped() || part == "" {
		return nil
	}
	r, err := o.pack.open(part)
	if err != nil {
		o.note(err)
		return nil
	}
	return newTokens(r)
}

// finish ends the text and returns what was wrong.
func (o *office) finish() error {
	o.p.done()
	return o.err
}

// lay writes a piece that was set aside. Its bytes were counted when it was written first.
func (o *office) lay(text string) {
	o.p.breakLine()
	for line := range strings.SplitSeq(text, "\n") {
		o.p.put(line)
	}
	o.p.wrote = true
}

// beside is the part of a kind that belongs to the main part; where no relationship names it, the one where it usually is.
func (o *office) beside(main string, parts []relation, kind string) string {
	if found := ofKind(parts, kind); len(found) > 0 {
		return found[0]
	}
	return path.Join(path.Dir(main), kind+".xml")
}

// pictures reads the pictures of a package whose text says little, such as a scan that was pasted into a document. The
// largest ones come first, because the small ones are logos.
func (o *office) pictures(in input, out output, more readers, folder string) {
	const most, little = 10, 400
	least := int64(20 << 10)
	if o.p.wrote {
		if o.b.limits.Text+1-*o.p.left > little {
			return
		}
		least = 50 << 10
	}
	var found []*packed
	for _, e := range o.pack.entries {
		if strings.HasPrefix(plainName(e.name), folder) && e.size >= least {
			found = append(found, e)
		}
	}
	sort.SliceStable(found, func(i, j int) bool { return found[i].size > found[j].size })
	for _, e := range found[:min(len(found), most)] {
		if o.stopped() || in.depth >= o.b.limits.Depth {
			return
		}
		content, err := o.pack.whole(e)
		if err == nil && Sniff(content[:min(len(content), SniffBytes)], Hint{}) == Image {
			more.image(o.ctx, held(content, Hint{}, in.depth+1), out, o.b)
		}
	}
}
