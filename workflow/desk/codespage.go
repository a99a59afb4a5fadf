package desk

import (
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"

	"caseconsultant/workflow/codebook"
	"caseconsultant/workflow/codes"
)

// codesPage is the view of pages/codes.html.
type codesPage struct {
	shell
	Summary  string
	Systems  []systemOption
	Hits     []hitView
	Passages []passageView
	Releases []releaseView
	Empty    emptyView
}

type systemOption struct {
	Value, Label string
	Current      bool
}

type hitView struct{ Code, System, SystemLabel, Title, Href string }

type releaseView struct {
	Name, Span, File string
	Codes            int
}

// codePage is the view of pages/code.html: one code as a page of a reference book.
type codePage struct {
	shell
	Self        string
	System      string
	SystemLabel string
	Code        string
	Heading     string
	Parents     []hitView
	Related     []hitView // counterparts and siblings; SystemLabel says which side
	Facts       []factLine
	Citation    string
	Sections    []sectionView
	Notes       []noteGroup
	Flags       []factView
	Status      string
	On          string
	Words       *wordsView // nil: the firm keeps no words of its own
	Asks        bool       // an accepted notice would show more
}

type factLine struct {
	Text string
	Tone tone
}

type sectionView struct {
	ID, Title string
	Parts     []partView
}

type noteGroup struct {
	Label string
	Items []noteItem
}

type noteItem struct{ Text, At string }

var caseReference = regexp.MustCompile(`(?i)^CC-?([0-9]{1,12})-?([0-9A-Z]{5})$`)

// findCodes looks up what is typed into the field on top: a case's reference leads to the case, a code that stands
// alone to its page, words to a list.
func (d *Desk) findCodes(c *call) error {
	query := strings.TrimSpace(c.r.URL.Query().Get("q"))
	if len(query) > 200 {
		query = strings.ToValidUTF8(query[:200], "")
	}
	if ref := caseReference.FindStringSubmatch(query); ref != nil {
		return c.see("/cases/CC-" + ref[1] + "-" + strings.ToUpper(ref[2]))
	}
	v := codesPage{shell: d.shell(c, "Codes", "codes")}
	v.Query = query
	system := codes.System(c.r.URL.Query().Get("system"))
	for _, s := range codes.Systems() {
		v.Systems = append(v.Systems, systemOption{string(s), sentence(systemName(s)), s == system})
	}
	if !slices.Contains(codes.Systems(), system) {
		system = ""
	}
	if query == "" {
		v.Summary = "Type a code or words; / goes to the field from anywhere."
		for _, r := range d.Codes.Releases() {
			v.Releases = append(v.Releases, releaseView{Name: r.Name, Span: releaseSpan(r), File: r.File, Codes: r.Codes + r.Headings})
		}
		return d.render(c, http.StatusOK, "codes", v)
	}
	if system == "" && !strings.Contains(query, " ") {
		entries, err := d.Codes.Find(c.ctx(), query, time.Time{})
		if err != nil {
			return err
		}
		if len(entries) == 1 {
			return c.see(codePath(entries[0].System, entries[0].Code))
		}
	}
	hits, err := d.Codes.Search(c.ctx(), query, codebook.SearchOptions{System: system, Limit: 50})
	if err != nil {
		return err
	}
	for _, h := range hits {
		v.Hits = append(v.Hits, hitView{h.Code, string(h.System), systemName(h.System), h.Title, codePath(h.System, h.Code)})
	}
	if v.Passages, err = d.passages(c, query, system); err != nil {
		return err
	}
	v.Summary = count(len(hits), "entry", "entries")
	if n := len(v.Passages); n > 0 {
		v.Summary += ", " + count(n, "section of a rule book", "sections of rule books")
	}
	v.Empty = emptyView{Title: "The loaded codebook has nothing for this", Text: "Try fewer or other words, or the code itself. The starter codebook holds only what is asked for most; official files are added with caseconsultant codes build."}
	return d.render(c, http.StatusOK, "codes", v)
}

func releaseSpan(r codebook.Release) string {
	switch {
	case r.First == "" && r.Last == "":
		return "where no other answers"
	case r.Last == "":
		return "from " + r.First
	}
	return r.First + " to " + r.Last
}

func (d *Desk) showCode(c *call) error { return d.renderCode(c, http.StatusOK, writing{}) }

// renderCode shows a code's page, with what was being written about it kept in its form.
func (d *Desk) renderCode(c *call, status int, w writing) error {
	system, code := codes.System(c.r.PathValue("system")), c.r.PathValue("code")
	if !slices.Contains(codes.Systems(), system) {
		return errNoPage
	}
	on, err := time.Parse(time.DateOnly, c.r.URL.Query().Get("on"))
	if err != nil {
		on = time.Time{}
	}
	shell := d.shell(c, code, "codes")
	shell.Query = code
	book, asks, err := d.reference(c)
	if err != nil {
		return err
	}
	e, ok, err := book.Lookup(c.ctx(), system, code, on)
	if err != nil {
		return err
	}
	if err := book.AddPlace(c.ctx(), &e, on); err != nil {
		return err
	}
	if !ok {
		next := []nextStep{{"Search", "/codes?q=" + url.QueryEscape(code), true}}
		for _, s := range e.DidYouMean {
			next = append(next, nextStep{"Did you mean " + s.Code + "?", codePath(system, s.Code), false})
		}
		v := errorPage{shell: shell, Status: "404", Heading: fmt.Sprintf("The loaded codebook has no %s %s", systemName(system), code),
			What: "It may exist all the same: the starter codebook holds only what is asked for most. Official files are added with caseconsultant codes build.",
			Next: next}
		return d.render(c, http.StatusNotFound, "error", v)
	}
	notes, err := d.Codes.Notes(c.ctx(), system, e.Code, on)
	if err != nil {
		return err
	}
	words, err := d.words(c, &e, w)
	if err != nil {
		return err
	}
	_, decided := d.Codes.Decides(system, e.Code, on)
	v := codePage{shell: shell, Self: codePath(system, e.Code), System: string(system), SystemLabel: systemName(system), Code: e.Code, Heading: e.Title,
		Facts: factLines(e, decided), Flags: facts(e), Status: e.Status, Sections: sections(e), Notes: noteGroups(notes, e.Code), Words: words, Asks: slices.Contains(asks, licenceOf(system))}
	v.Title = e.Code
	v.Notice = done(c.r.URL.Query().Get("done"), "")
	if !on.IsZero() {
		v.On = on.Format(time.DateOnly)
	}
	for _, l := range e.Hierarchy {
		p := hitView{Code: l.Code, Title: l.Title}
		if l.Kind != "chapter" && l.Kind != "block" {
			p.Href = codePath(system, l.Code)
		}
		v.Parents = append(v.Parents, p)
	}
	for _, r := range e.Related {
		relation := r.Relation
		if relation == "below" {
			relation = "below it"
		} else if relation == "sibling" || relation == "seventh character" {
			relation = ""
		}
		v.Related = append(v.Related, hitView{Code: r.Code, System: string(system), SystemLabel: relation, Title: r.Title, Href: codePath(system, r.Code)})
	}
	v.Citation = fmt.Sprintf("%s %s, %s. %s", systemName(system), e.Code, e.Title, orElse(e.Release, "starter codebook"))
	return d.render(c, status, "code", v)
}

// factLines say how a code stands. Only where a loaded release holds the code set whole on the day (decided) is it in force or not; else it
// is no more than listed.
func factLines(e codebook.Entry, decided bool) []factLine {
	var lines []factLine
	stands := factLine{"in force", green}
	if !decided {
		stands = factLine{"listed", ""}
	}
	switch {
	case !e.Valid:
		lines = append(lines, factLine{"not in force", red})
	case e.Billable:
		lines = append(lines, stands, factLine{"may be reported", green})
	default:
		lines = append(lines, stands, factLine{"heading: needs more characters to be reported", amber})
	}
	if e.Release != "" {
		lines = append(lines, factLine{e.Release, ""})
	}
	return lines
}

// sections puts the descriptions of one kind under one heading, in the book's order.
func sections(e codebook.Entry) []sectionView {
	var list []sectionView
	for _, kind := range []string{codebook.KindOfficial, codebook.KindConsumer, codebook.KindClinician, codebook.KindCommon, codebook.KindUsedWhen, codebook.KindIncluded, codebook.KindSeparate, codebook.KindShort} {
		var of []codebook.Description
		for _, desc := range e.Descriptions {
			if desc.Kind == kind && !(kind == codebook.KindShort && desc.Text == e.Title) { // the title stands on top already
				of = append(of, desc)
			}
		}
		if p := parts(of); len(p) > 0 {
			list = append(list, sectionView{ID: kind, Title: kindLabel(kind), Parts: p})
		}
	}
	return list
}

// noteGroups puts the code set's instructions of one kind together, in the order in which a coder reads them.
func noteGroups(notes []codebook.Note, code string) []noteGroup {
	labels := []struct{ kind, label string }{
		{"inclusion-term", "Also known as"}, {"includes", "Includes"}, {"code-first", "Code first"}, {"use-additional", "Use additional code"}, {"code-also", "Code also"},
		{"excludes1", "Excludes1: not coded here"}, {"excludes2", "Excludes2: not included here"}, {"seventh-character-note", "Seventh character"}, {"seventh-character", "Seventh characters"}, {"note", "Notes"},
	}
	var groups []noteGroup
	for _, l := range labels {
		var items []noteItem
		for _, n := range notes {
			if n.Kind != l.kind {
				continue
			}
			item := noteItem{Text: n.Text}
			if n.At != code {
				item.At = n.At
			}
			items = append(items, item)
		}
		if len(items) > 0 {
			groups = append(groups, noteGroup{l.label, items})
		}
	}
	return groups
}
