package desk

import (
	"fmt"
	"net/http"
	"strings"
	"time"

	"caseconsultant/workflow/casefile"
	"caseconsultant/workflow/people"
)

// shell is what stands around every page: layout.html.
type shell struct {
	Title  string
	Firm   string
	Area   string // the rail's item: queue, intake, outbox, codes, settings
	Theme  string // light, dark, or "" for the system's
	User   *userView
	Rail   []railItem
	Query  string // in the look-up field
	Stream string // where the page hears of changes, "" if it does not
	Ref    string // the case that the page shows
	Notice *notice
	Themes []themeOption
	Here   string // the page's own address, to come back to
}

type userView struct {
	Name, Email, Initials, Role string
}

type railItem struct {
	Label, Href, Icon string
	Current           bool
	Alarm             string // a sentence, when something there waits for a person
}

// notice is one line after something was done.
type notice struct {
	Text string
	Tone tone
	Icon string
	Undo *undo
}

type undo struct{ Label, Action string }

// shell begins a page. It is called before a page reads what it shows, so that no change between the reading and the
// page's first wait is missed.
func (d *Desk) shell(c *call, title, area string) shell {
	s := shell{Title: title, Firm: d.Firm, Area: area, Theme: theme(c.r)}
	if c.user.ID == 0 {
		return s
	}
	s.Themes = themes(s.Theme)
	if c.r.Method == http.MethodGet {
		s.Here = c.r.URL.RequestURI()
	}
	s.User = &userView{Name: c.user.Name, Email: c.user.Email, Initials: initials(c.user.Name), Role: string(c.user.Role)}
	for _, item := range []railItem{
		{Label: "Queue", Href: "/queue", Icon: "queue"},
		{Label: "Intake", Href: "/intake", Icon: "intake"},
		{Label: "Outbox", Href: "/outbox", Icon: "outbox"},
		{Label: "Codes", Href: "/codes", Icon: "codes"},
		{Label: "Settings", Href: "/settings", Icon: "settings"},
	} {
		item.Current = item.Icon == area
		if item.Icon == "outbox" {
			item.Alarm = d.outboxAlarm(c)
		}
		if item.Icon == "intake" {
			item.Alarm = d.intakeAlarm(c)
		}
		s.Rail = append(s.Rail, item)
	}
	if d.Changes != nil {
		if seq, _, err := d.Changes.Wait(c.ctx(), 0); err == nil {
			s.Stream = fmt.Sprintf("/events?since=%d", seq)
		}
	}
	return s
}

// alarm is a sign that every page shows. What it says is read at most every few seconds.
type alarm struct {
	text string
	at   time.Time
}

// alarm brings a sign up to date if it is older than a time. One that cannot be read stays as it was.
func (d *Desk) alarm(c *call, a *alarm, within time.Duration, read func() (string, error)) string {
	d.mu.Lock()
	defer d.mu.Unlock()
	if c.now.Sub(a.at) < within && !a.at.IsZero() {
		return a.text
	}
	if text, err := read(); err == nil {
		a.text, a.at = text, c.now
	}
	return a.text
}

// outboxAlarm says that mails wait for a person's decision.
func (d *Desk) outboxAlarm(c *call) string {
	return d.alarm(c, &d.unsent, 3*time.Second, func() (string, error) {
		counts, err := d.Cases.DeliveryCounts(c.ctx())
		if n := counts[casefile.DeliveryUncertain] + counts[casefile.DeliveryFailed] + counts[casefile.DeliveryHeld]; n > 0 {
			return count(n, "mail needs", "mails need") + " a decision", err
		}
		return "", err
	})
}

// intakeAlarm says that mail is not being read: whoever works a queue that stays empty should know why.
func (d *Desk) intakeAlarm(c *call) string {
	return d.alarm(c, &d.silent, 15*time.Second, func() (string, error) {
		boxes, err := d.Intake.Mailboxes(c.ctx())
		n := 0
		for _, box := range boxes {
			if box.Alarm != "" {
				n++
			}
		}
		if n > 0 {
			return count(n, "mailbox is", "mailboxes are") + " not being read", err
		}
		return "", err
	})
}

// userName is the name of who did something; it survives a person's leaving. "" for nobody.
func (d *Desk) userName(c *call, id int64) string {
	if id == 0 {
		return ""
	}
	if id == c.user.ID {
		return c.user.Name
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if name, ok := d.names[id]; ok && c.now.Sub(d.namesT) < time.Minute {
		return name
	}
	users, err := d.People.List(c.ctx())
	if err != nil {
		return "someone"
	}
	d.names, d.namesT = make(map[int64]string, len(users)), c.now
	for _, u := range users {
		d.names[u.ID] = u.Name
	}
	if name, ok := d.names[id]; ok {
		return name
	}
	return "someone"
}

// actorName says who did something in a case's history.
func (d *Desk) actorName(c *call, actor casefile.Actor, asker string) string {
	switch actor {
	case casefile.System:
		return ""
	case casefile.AskerSelf:
		return asker
	}
	if id, ok := strings.CutPrefix(string(actor), "user:"); ok {
		var n int64
		if _, err := fmt.Sscan(id, &n); err == nil {
			return d.userName(c, n)
		}
	}
	return string(actor)
}

// markView is the sign at the head of a case: a shape for its state, or the initials of who has it.
type markView struct {
	Label    string
	Tone     tone
	Icon     string
	Initials string
	Mine     bool
}

func (d *Desk) mark(c *call, cs *casefile.Case) markView {
	w := stateWord(cs.State)
	m := markView{Label: w.text, Tone: w.tone, Icon: w.icon}
	if cs.ClaimedBy != 0 && (cs.State == casefile.Claimed || cs.State == casefile.InReview) {
		name := d.userName(c, cs.ClaimedBy)
		m.Initials, m.Mine = initials(name), cs.ClaimedBy == c.user.ID
		m.Label = name + " has it"
		if m.Mine {
			m.Label = "You have it"
		}
	}
	return m
}

const themeCookie = "theme"

// theme is the reader's choice. It is no secret and belongs to the browser, not to the person: a dark room is one
// computer's.
func theme(r *http.Request) string {
	cookie, err := r.Cookie(themeCookie)
	if err != nil || cookie.Value != "light" && cookie.Value != "dark" {
		return ""
	}
	return cookie.Value
}

type themeOption struct {
	Value, Label string
	Current      bool
}

func themes(now string) []themeOption {
	return []themeOption{{"", "As the system", now == ""}, {"light", "Light", now == "light"}, {"dark", "Dark", now == "dark"}}
}

// signature is how a user signs.
func signature(u people.User) string {
	if u.Credential == "" {
		return u.Name
	}
	return u.Name + ", " + u.Credential
}
