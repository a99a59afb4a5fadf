package desk

import (
	"net/http"
	"slices"
	"strconv"
	"strings"

	"caseconsultant/workflow/casefile"
	"caseconsultant/workflow/people"
)

// casePage is the view of pages/case.html: everything that a consultant needs to answer, on one screen.
type casePage struct {
	shell
	Back      string
	Mark      markView
	StateText string
	Flags     []flagView
	Due       moment
	DueTone   tone
	Subject   []segment
	ReadAs    []readAs
	Can       can
	Aside     bool // it was set aside: reopening it makes it a case

	ReleaseText string

	Refused  *refused
	Alerts   []alertView
	Messages []messageView
	Newest   int64 // the newest incoming message
	Since    int64 // messages after this one are marked as new
	Masked   string
	Revealed bool // it stays as it is until it is left: what was asked to be shown is not masked again while it is read

	Findings   []findingView
	Codes      []codeView
	NotChecked []notCheckedView
	Notes      []noteView
	Deliveries []deliveryView
	Events     []eventView

	Tab         string // answer, ask, note
	Seen        int64  // the newest incoming message that the writer has before them
	Asker       string
	SignedAs    string
	Answer      string
	Ask         string
	NoteText    string
	CannotWrite string
	Preview     *previewView
}

// can says what the reader may do with the case as it stands.
type can struct {
	Claim, Release, Close, Reopen, Requeue, Write, Reveal bool
}

// readAs is one part of how the machine read the mail.
type readAs struct {
	Label, Value string
	Code         bool
	Why          string
}

// refused says why something was not done, what was kept, and what to do.
type refused struct {
	Tone    tone
	Icon    string
	Heading string
	Text    string
	Next    []nextStep
}

type alertView struct {
	Tone    tone
	Icon    string
	Text    string
	Actions []actionView
	Link    *linkView
}

type linkView struct{ Label, Href string }

type actionView struct {
	Label, Action, Why, Back string
	Primary                  bool
}

type messageView struct {
	ID          int64
	Incoming    bool
	Automatic   bool
	Open        bool
	New         bool // came in after the reader began to write
	Who, Kind   string
	Snippet     string
	Line        string
	Trust       *flagView
	At          moment
	Problems    []string
	Body        []segment
	Quoted      []segment
	QuotedLabel string
	QuotedOpen  bool
	Signature   []segment
	Attachments []fileView
	Raw         string
}

type fileView struct {
	Name, Href, Type, Size string
	Waiting                bool      // it is still being read
	Problems               []string  // of reading it
	Text                   []segment // what was read of it
	TextLabel              string
}

type findingView struct {
	Tone                         tone
	Icon, Severity               string
	Message, Codes, Rule, Source string
}

type notCheckedView struct{ Rule, Why string }

type codeView struct {
	Anchor      string
	System      string
	SystemLabel string
	Code        string // with modifiers, as it would be reported
	Title       string
	Marks       []signView
	How         string
	Status      string
	Parts       []partView
	Flags       []factView
	Release     string
	Href        string
}

// signView is a picture with the word that it stands for.
type signView struct {
	Label, Icon string
	Tone        tone
}

type partView struct{ Label, Text, Source, Review, Copyright string }

type factView struct{ Name, Value string }

type noteView struct {
	By   string
	At   moment
	Body string
}

type deliveryView struct {
	Kind    string
	State   signView
	At      moment
	Reason  string
	Actions []actionView
}

type eventView struct {
	At   moment
	Text string
	By   string
}

type previewView struct{ To, Subject, Text string }

// asking is what the reader was doing when the page is shown in answer to a form: what they had written comes back.
type asking struct {
	tab     string
	body    string
	seen    int64
	refused *refused
	preview *previewView
	status  int
	reveal  bool
}

func (d *Desk) showCase(c *call) error {
	// A live page says what its reader has seen, so that what came in meanwhile is marked.
	seen, _ := strconv.ParseInt(c.r.URL.Query().Get("seen"), 10, 64)
	return d.renderCase(c, asking{status: http.StatusOK, seen: seen})
}

func (d *Desk) renderCase(c *call, a asking) error {
	shell := d.shell(c, c.r.PathValue("ref"), "queue")
	cs, err := d.Cases.Get(c.ctx(), strings.ToUpper(c.r.PathValue("ref")))
	if err != nil {
		return err
	}
	shell.Ref = cs.Ref
	shell.Notice = done(c.r.URL.Query().Get("done"), cs.Ref)
	v := casePage{shell: shell, Back: "/queue", Mark: d.mark(c, &cs.Case), StateText: stateWord(cs.State).text, Flags: flagViews(cs.Flags),
		Asker: askerName(cs), SignedAs: "Signed " + signature(c.user) + ".", Refused: a.refused, Preview: a.preview, Tab: "answer"}
	v.Title = cs.Ref
	if v.Mark.Initials != "" {
		v.StateText = v.Mark.Label
	}
	if cs.Open() {
		v.Due, v.DueTone = d.moment(cs.DueAt, c.now, "due"), dueTone(cs.DueAt, c.now)
	}
	v.Flags = slices.DeleteFunc(v.Flags, func(f flagView) bool { return f.Label == "overdue" && v.DueTone == red }) // the due time says it
	v.Can, v.Aside = permissions(cs, c.user), cs.State == casefile.SetAside
	v.ReleaseText = "Release"
	if cs.ClaimedBy != c.user.ID {
		v.ReleaseText = "Take it from " + d.userName(c, cs.ClaimedBy)
	}
	if !v.Can.Write {
		v.CannotWrite = d.cannotWrite(c, cs)
	}
	reader := &caseReader{d: d, c: c, cs: cs, reveal: a.reveal, newest: newestIncoming(cs), seen: a.seen}
	if err := reader.readCodes(); err != nil {
		return err
	}
	v.Codes, v.Findings, v.NotChecked = reader.codes, findings(cs), notChecked(cs)
	if err := reader.readMessages(&v); err != nil {
		return err
	}
	v.Revealed = a.reveal
	v.Can.Reveal = reader.masked > 0
	v.Masked = sentence(count(reader.masked, "place", "places"))
	if reader.masked == 1 {
		v.Masked = "One place"
	}
	v.ReadAs = reader.readAs()
	v.Alerts = d.alerts(cs)
	v.Newest, v.Seen, v.Since = reader.newest, reader.newest, reader.newest
	if a.seen != 0 {
		v.Since = a.seen
	}
	for _, delivery := range cs.Deliveries {
		v.Deliveries = append(v.Deliveries, d.delivery(c, delivery))
	}
	for _, n := range cs.Notes {
		v.Notes = append(v.Notes, noteView{By: d.userName(c, n.UserID), At: d.moment(n.At, c.now, "short"), Body: n.Body})
	}
	for _, e := range slices.Backward(cs.Events) {
		v.Events = append(v.Events, eventView{At: d.moment(e.At, c.now, "short"), Text: eventText(e), By: d.actorName(c, e.Actor, v.Asker)})
	}
	for _, draft := range cs.Drafts {
		if draft.UserID == c.user.ID {
			v.Answer = draft.Body
		}
	}
	switch a.tab {
	case "answer":
		v.Answer = a.body
	case "ask":
		v.Ask, v.Tab = a.body, "ask"
	case "note":
		v.NoteText, v.Tab = a.body, "note"
	}
	if !v.Can.Write && a.body != "" {
		v.Answer = a.body
	}
	return d.render(c, a.status, "case", v)
}

// permissions says what the page offers; Office has the last word.
func permissions(cs *casefile.View, user people.User) can {
	in := func(states ...casefile.State) bool { return slices.Contains(states, cs.State) }
	held := in(casefile.Claimed, casefile.InReview)
	mine := held && cs.ClaimedBy == user.ID
	others := held && !mine
	return can{
		Claim:   in(casefile.Waiting, casefile.AskedBack),
		Release: mine || others && user.Role.Includes(people.Lead),
		Close:   !others && in(casefile.Waiting, casefile.Claimed, casefile.InReview, casefile.Answered, casefile.AskedBack, casefile.Failed),
		Reopen:  in(casefile.Answered, casefile.Closed, casefile.SetAside),
		Requeue: in(casefile.Failed),
		Write:   !others && in(casefile.Waiting, casefile.Claimed, casefile.InReview, casefile.AskedBack) && strings.Contains(cs.Asker.Address, "@"),
	}
}

func (d *Desk) cannotWrite(c *call, cs *casefile.View) string {
	switch {
	case cs.State == casefile.Claimed || cs.State == casefile.InReview:
		return d.userName(c, cs.ClaimedBy) + " has this case and answers it. You can read along; what you see is live."
	case cs.State == casefile.New:
		return "The mail is being read. The answer can be written in a moment, when its codes and findings are here."
	case cs.State == casefile.Failed:
		return "A step failed for good. Try again first; the reason stands above."
	case cs.State == casefile.SetAside:
		return "This mail was set aside and is never answered. Make it a case if it asks something after all."
	case !strings.Contains(cs.Asker.Address, "@"):
		return "The mail named no address that a reply could go to. Close the case, or reach its sender by other means."
	case cs.State == casefile.Answered:
		return "The case is answered. Reopen it to write to the asker again."
	}
	return "The case is " + strings.ToLower(stateWord(cs.State).text) + ". Reopen it to write to the asker again."
}

func askerName(cs *casefile.View) string {
	if name := cs.Asker.String(); name != "" {
		return name
	}
	return "the asker"
}

// newestIncoming is by id, which grows as mails are read: two mails may bear the same date.
func newestIncoming(cs *casefile.View) int64 {
	newest := int64(0)
	for _, m := range cs.Messages {
		if m.Direction == casefile.In {
			newest = max(newest, m.ID)
		}
	}
	return newest
}
