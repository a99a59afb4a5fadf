package mailout

import (
	"cmp"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"caseconsultant/templates"
)

// Letters renders letters in the name of one firm. Immutable, safe for
// concurrent use.
type Letters struct {
	firm Firm
	mail *templates.Mail
}

// NewLetters parses the embedded templates.
func NewLetters(firm Firm) (*Letters, error) {
	mail, err := templates.ParseMail()
	if err != nil {
		return nil, err
	}
	return NewLettersWith(firm, mail)
}

// NewLettersWith uses templates of the house's own.
func NewLettersWith(firm Firm, mail *templates.Mail) (*Letters, error) {
	firm.Name, firm.Hours = cleanLine(firm.Name), cleanLine(firm.Hours)
	if firm.Name == "" {
		return nil, errors.New("letters: the firm's name is empty; set it in the configuration")
	}
	for _, address := range []string{firm.Website, firm.Privacy} {
		if address != "" && !webAddress(address) {
			return nil, errors.New("letters: the firm's website and privacy page must be https addresses")
		}
	}
	return &Letters{firm: firm, mail: mail}, nil
}

// webAddress reports whether a link may stand in a mail: https, or http to this
// machine (the demo).
func webAddress(address string) bool {
	u, err := url.Parse(address)
	return err == nil && u.Host != "" && u.User == nil &&
		(u.Scheme == "https" || u.Scheme == "http" && loopbackHost(u.Hostname()))
}

// frame is what the templates need for what surrounds every letter.
type frame struct {
	Subject   string
	Firm      Firm
	Reference string
	Automatic bool // made without a person
	Internal  bool // to the firm's own people
}

// FirmLine is the last line of a letter: who we are and which case it is.
func (f frame) FirmLine() string {
	line := f.Firm.Name
	if f.Reference != "" {
		line += ", case " + f.Reference
	}
	return line
}

func (l *Letters) frame(c Case, automatic bool) frame {
	return frame{
		Subject:   Subject(c.Subject, c.Reference, c.HideSubject),
		Firm:      l.firm,
		Reference: cleanLine(c.Reference),
		Automatic: automatic,
	}
}

func (l *Letters) render(name string, f frame, view any) (Content, error) {
	text, html, err := l.mail.Render(name, view)
	if err != nil {
		return Content{}, fmt.Errorf("letter %s: %w", name, err)
	}
	return Content{Subject: f.Subject, Text: text, HTML: html}, nil
}

// Summary renders the automatic summary.
func (l *Letters) Summary(s Summary) (Content, error) {
	f := l.frame(s.Case, true)
	notes := &notes{}
	view := struct {
		frame
		Headline   headline
		Supplement bool
		Reading    lines
		Codes      codeEntries
		CodeNotes  []string
		Findings   []findingEntry
		First      bool // the findings come before the codes
		NotFound   []string
		NotChecked []string
		Problems   []string
		Next       nextEntry
		Commands   []string
		Sources    noteList
		Copyright  []string
	}{
		frame:      f,
		Headline:   splitHeadline(cmp.Or(cleanLine(s.Headline), s.headline())),
		Supplement: s.Supplement,
		Reading:    reading(s.Reading, s.NotStated),
		First:      len(s.Codes) > 3 && len(s.Findings) > 0,
		NotFound:   cleanLines(s.NotFound),
		NotChecked: cleanLines(s.NotChecked),
		Problems:   cleanLines(s.Problems),
		Next:       nextEntry{Text: s.Next.sentence(s.announced())},
		Commands:   cleanLines(s.Commands),
	}
	if help := cleanLines(s.ToHelp); len(help) > 0 {
		view.Next.ToHelp = sentence("To help, reply with: " + strings.Join(help, "; "))
	}
	findings := slices.Clone(s.Findings)
	slices.SortStableFunc(findings, func(a, b Finding) int { return cmp.Compare(a.Severity, b.Severity) })
	// Notes are numbered in the order in which they are read.
	if view.First {
		view.Findings = notes.findings(findings)
	}
	var unreviewed bool
	view.Codes, unreviewed = notes.codes(s.Codes)
	if !view.First {
		view.Findings = notes.findings(findings)
	}
	view.CodeNotes = cleanLines(s.CodeNotes)
	if unreviewed {
		view.CodeNotes = append([]string{unreviewedNote}, view.CodeNotes...)
	}
	view.Sources = notes.list
	view.Copyright = copyrights(s)
	return l.render("summary", f, view)
}

// Acknowledgement renders the automatic mail that says that a question has come.
func (l *Letters) Acknowledgement(a Acknowledgement) (Content, error) {
	f := l.frame(a.Case, true)
	view := struct {
		frame
		Headline headline
		Received []string
		Reading  lines
		Missing  []string
		Problems []string
		NotFound []string
		Next     nextEntry
		Commands []string
	}{
		frame:    f,
		Headline: splitHeadline(cmp.Or(cleanLine(a.Headline), a.headline())),
		Received: cleanLines(a.Received),
		Reading:  reading(a.Reading, a.NotStated),
		Missing:  cleanLines(a.Missing),
		Problems: cleanLines(a.Problems),
		NotFound: cleanLines(a.NotFound),
		Next:     nextEntry{Text: a.Next.sentence(cleanLine(a.Headline) == "")},
		Commands: cleanLines(a.Commands),
	}
	return l.render("acknowledgement", f, view)
}

// Answer renders the consultant's letter. An empty Body is an error: nobody
// should get a letter that says nothing.
func (l *Letters) Answer(a Answer) (Content, error) {
	body := cleanProse(a.Body)
	if strings.TrimSpace(body) == "" {
		return Content{}, errors.New("letter answer: it says nothing")
	}
	f := l.frame(a.Case, false)
	notes := &notes{}
	for i, source := range a.Sources {
		notes.list = append(notes.list, note{i + 1, cleanLine(source)})
	}
	view := struct {
		frame
		Body       string
		Sign       string
		Rules      string
		Sources    noteList
		Question   string
		Correction bool
	}{
		frame:      f,
		Body:       body,
		Sign:       a.Signature.line(),
		Sources:    notes.list,
		Question:   cleanProse(a.Question),
		Correction: a.Correction,
		Rules:      "when it was written",
	}
	if !a.RulesOn.IsZero() {
		view.Rules = "on " + DateWords(a.RulesOn)
	}
	return l.render("answer", f, view)
}

// AskBack renders the consultant's questions.
func (l *Letters) AskBack(a AskBack) (Content, error) {
	questions := cleanLines(a.Questions)
	intro := cleanProse(a.Intro)
	if len(questions) == 0 && strings.TrimSpace(intro) == "" {
		return Content{}, errors.New("letter ask_back: it asks nothing")
	}
	f := l.frame(a.Case, false)
	view := struct {
		frame
		Opening   string
		Intro     string
		Questions lines
		Sign      string
		Question  string
	}{frame: f, Intro: strings.TrimSpace(intro), Sign: a.Signature.line(), Question: cleanProse(a.Question)}
	view.Opening = "To answer your question, we need to know a little more."
	if len(questions) == 1 {
		view.Opening = "To answer your question, we need to know one more thing."
	}
	for i, question := range questions {
		view.Questions = append(view.Questions, line{strconv.Itoa(i+1) + ".", question})
	}
	return l.render("ask_back", f, view)
}

// Notice renders any other short letter.
func (l *Letters) Notice(n Notice) (Content, error) {
	if n.Link.URL != "" && !webAddress(n.Link.URL) {
		return Content{}, errors.New("letter notice: its link is no https address")
	}
	f := l.frame(n.Case, n.Automatic)
	f.Internal = n.Internal
	if title := cleanLine(n.Title); title != "" {
		f.Subject = withReference(shorten(title, SubjectLength), n.Reference)
	}
	view := struct {
		frame
		Headline   headline
		Paragraphs []string
		Lines      lines
		Link       Link
	}{f, splitHeadline(cleanLine(n.Headline)), cleanLines(n.Paragraphs), reading(n.Lines, nil), Link{cleanLine(n.Link.Words), n.Link.URL}}
	return l.render("notice", f, view)
}

// nextEntry is what happens next.
type nextEntry struct{ Text, ToHelp string }

// line is a label and what belongs to it.
type line struct{ Label, Text string }

type lines []line

// Labels are what stands in the first column.
func (l lines) Labels() []string {
	var out []string
	for _, each := range l {
		out = append(out, each.Label)
	}
	return out
}

// reading lays out how the mail was read.
func reading(in []Reading, notStated []string) lines {
	var out lines
	for _, r := range in {
		text := cleanLine(r.Value)
		if basis := cleanLine(r.Basis); basis != "" {
			if text == "" {
				text = basis
			} else {
				text += " (" + basis + ")"
			}
		}
		if label := cleanLine(r.Label); label != "" || text != "" {
			out = append(out, line{label, text})
		}
	}
	if missing := cleanLines(notStated); len(missing) > 0 {
		out = append(out, line{"Not stated", strings.Join(missing, ", ")})
	}
	return out
}

// cleanLines cleans each and drops empty ones.
func cleanLines(in []string) []string {
	var out []string
	for _, s := range in {
		if s = cleanLine(s); s != "" {
			out = append(out, s)
		}
	}
	return out
}

// cleanProse cleans what a person wrote and leaves its lines and spaces.
func cleanProse(s string) string {
	return strings.Map(func(r rune) rune {
		if isDirectionMark(r) {
			return -1
		}
		return r
	}, cleanText(s))
}

// line is how a letter is signed: "Dana Example, CPC, reviewed by R. Sample, CCS".
func (s Signature) line() string {
	sign := cleanLine(s.Name)
	if credential := cleanLine(s.Credential); credential != "" {
		sign = strings.TrimPrefix(sign+", "+credential, ", ")
	}
	if by := cleanLine(s.ReviewedBy); by != "" {
		sign = strings.TrimPrefix(sign+", reviewed by "+by, ", ")
	}
	return sign
}
