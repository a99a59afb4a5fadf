package desk

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"caseconsultant/workflow/intake"
)

// intakePage is the view of pages/intake.html.
type intakePage struct {
	shell
	Mailboxes []mailboxView
	Fates     []chipLink
	Entries   []entryView
	Older     string
	Empty     emptyView
}

type mailboxView struct {
	Name, Folder string
	Tone         tone
	Icon         string
	Health       string
	HealthAt     moment
	Alarm        string // a sentence, when somebody should look after it
	LookedAt     moment // when the server last answered a look for new mail
	Sweep        string
	SweptAt      moment
	Proof        string // the last sweep in figures
}

type chipLink struct {
	Label, Href string
	Count       int
	Current     bool
}

type entryView struct {
	ID      int64
	SeenAt  moment
	From    string
	Subject string
	Fate    signView
	Reason  string
	Ref     string
	Size    string
	Mailbox string
	UID     uint32
}

func (d *Desk) intake(c *call) error {
	query := c.r.URL.Query()
	fate := query.Get("fate")
	if !slices.ContainsFunc(fateFilters(), func(f fateFilter) bool { return f.fate == fate }) {
		fate = ""
	}
	v := intakePage{shell: d.shell(c, "Intake", "intake"),
		Empty: emptyView{Title: "No mail has been seen", Text: "Every mail that reaches a watched mailbox appears here by itself, with what became of it."}}
	if fate != "" {
		v.Empty = emptyView{Title: "None of them", Text: "No mail that was seen became that.", Href: "/intake", Label: "All mail"}
	}
	mailboxes, err := d.Intake.Mailboxes(c.ctx())
	if err != nil {
		return err
	}
	for _, m := range mailboxes {
		v.Mailboxes = append(v.Mailboxes, d.mailbox(c, m))
	}
	for _, f := range fateFilters() {
		link := chipLink{Label: f.label, Href: "/intake", Current: f.fate == fate}
		if f.fate != "" {
			link.Href += "?fate=" + f.fate
		}
		v.Fates = append(v.Fates, link)
	}
	before, _ := strconv.ParseInt(query.Get("before"), 10, 64)
	entries, err := d.Intake.Entries(c.ctx(), fate, before, pageRows+1)
	if err != nil {
		return err
	}
	if len(entries) > pageRows {
		entries = entries[:pageRows]
		link := url.Values{"before": {strconv.FormatInt(entries[pageRows-1].ID, 10)}}
		if fate != "" {
			link.Set("fate", fate)
		}
		v.Older = "/intake?" + link.Encode()
	}
	var ids []int64
	for _, e := range entries {
		if e.CaseID != 0 && !slices.Contains(ids, e.CaseID) {
			ids = append(ids, e.CaseID)
		}
	}
	heads, err := d.Cases.Heads(c.ctx(), ids)
	if err != nil {
		return err
	}
	for _, e := range entries {
		w := fateWord(e.Fate)
		view := entryView{ID: e.ID, SeenAt: d.moment(e.SeenAt, c.now, "short"), Fate: signView{w.text, w.icon, w.tone}, Reason: sentence(strings.ReplaceAll(e.Reason, "_", " ")),
			Size: size(max(e.Size, e.ServerSize)), Mailbox: e.Mailbox, UID: e.UID}
		if e.Fate == "" && e.Error != "" {
			view.Reason = fmt.Sprintf("Reading it failed %s; it is tried again.", count(int(e.Attempts), "time", "times"))
		}
		if e.Gone {
			view.Reason = strings.TrimSpace(view.Reason + " No longer on the server.")
		}
		if head, ok := heads[e.CaseID]; ok {
			view.Ref, view.From, view.Subject = head.Ref, head.Asker.String(), mask(head.Subject)
		}
		v.Entries = append(v.Entries, view)
	}
	return d.render(c, http.StatusOK, "intake", v)
}

func (d *Desk) mailbox(c *call, m intake.Mailbox) mailboxView {
	v := mailboxView{Name: m.Name, Folder: m.Folder, HealthAt: d.moment(m.StateAt, c.now, "ago")}
	v.Tone, v.Icon, v.Health = mailboxState(m)
	if !m.LookedAt.IsZero() {
		v.LookedAt = d.moment(m.LookedAt, c.now, "ago")
	}
	if m.Alarm != "" {
		v.Tone, v.Icon = red, "error"
		v.Alarm = alarmWords(m.Alarm)
	}
	switch {
	case m.SweptAt.IsZero():
		v.Sweep = "Not yet proven against the server."
	case m.SweptWaiting > 0:
		v.Sweep = fmt.Sprintf("%s of %d not fetched yet, as of the last sweep", count(m.SweptWaiting, "mail", "mails"), m.SweptListed)
		v.SweptAt = d.moment(m.SweptAt, c.now, "ago")
	default:
		v.Sweep = fmt.Sprintf("All %s accounted for by the last sweep", count(m.SweptListed, "mail", "mails"))
		v.SweptAt = d.moment(m.SweptAt, c.now, "ago")
	}
	if !m.SweptAt.IsZero() {
		v.Proof = fmt.Sprintf("Listed by the server %d, in the ledger %d, found missing by that sweep %d, still waiting %d.",
			m.SweptListed, max(0, m.SweptListed-m.SweptWaiting), m.SweptHoles, m.SweptWaiting)
	}
	if m.Unread > 0 {
		v.Sweep += fmt.Sprintf("; %s to be read", count(m.Unread, "mail", "mails"))
	}
	return v
}

// alarmWords says why somebody should look after a mailbox, and what to do first.
func alarmWords(a intake.Alarm) string {
	switch a {
	case intake.AlarmRefused:
		return "No mail is read: the server refuses to sign in."
	case intake.AlarmSilent:
		return "No mail is read: the server has not answered for too long, or nobody watches it. See whether “caseconsultant serve” runs, and what “caseconsultant doctor” says."
	case intake.AlarmUnproven:
		return "Mail is read, but for hours nothing has proven that none was skipped. “caseconsultant reconcile” says why."
	}
	return "Somebody should look after it."
}

// mailboxState says how the watcher stands with a mailbox; the words are mailin.State's.
func mailboxState(m intake.Mailbox) (t tone, icon, text string) {
	switch m.State {
	case "idle":
		return green, "check", "Watching; the server announces new mail, since"
	case "polling":
		return green, "check", "Watching; the server is asked for new mail, since"
	case "connecting":
		return blue, "clock", "Connecting, since"
	case "catching_up":
		return blue, "clock", "Reading what was there before, since"
	case "retrying":
		return amber, "warning", "Not connected; it is tried again by itself" + codeOf(m) + ", since"
	case "sign_in_refused":
		return red, "error", "The server refuses the user name or password; correct them in the configuration. Since"
	case "stopped":
		return grey, "held", "Not watched now, since"
	case "":
		return grey, "info", "Not reached yet."
	}
	return amber, "warning", m.State + codeOf(m) + ", since"
}

func codeOf(m intake.Mailbox) string {
	if m.Code == "" {
		return ""
	}
	return " (" + m.Code + ")"
}
