package desk

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"caseconsultant/workflow/casefile"
	"caseconsultant/workflow/codes"
)

// queuePage is the view of pages/queue.html.
type queuePage struct {
	shell
	Views      []viewLink
	View       string
	Heading    string
	Code       string
	Queues     []queueOption
	Filtered   bool
	Unfiltered string
	Rows       []rowView
	Newer      string
	Older      string
	Empty      emptyView
}

type viewLink struct {
	Label, Href string
	Count       int
	Current     bool
	Alarm       bool
	Break       bool // a line before it
}

type queueOption struct {
	Name    string
	Current bool
}

type rowView struct {
	Ref              string
	Mark             markView
	Subject, Snippet string
	Codes            []string
	More             int
	Flags            []flagView
	Asker            string
	AskerAddress     string
	Topic            string
	Age, Due         moment
	DueTone          tone
	Settled          bool
}

// emptyView is a list with nothing in it: what that means, and what to do next.
type emptyView struct{ Title, Text, Href, Label string }

// queueView is one list of the queue: groups of cases, the ones that need a person first.
type queueView struct {
	name, label string
	groups      []casefile.Filter
	count       func(casefile.Counts) int
	alarm       bool // a number above zero wants attention
	hideEmpty   bool
	newGroup    bool
	empty       emptyView
}

const pageRows = 50

// queueViews lists the views. In each, what needs a person comes first and the oldest of it on top; what is settled
// comes last, newest on top.
func queueViews(user int64) []queueView {
	open := []casefile.State{casefile.New, casefile.Waiting, casefile.Claimed, casefile.InReview}
	failed := casefile.Filter{States: []casefile.State{casefile.Failed}}
	one := func(newest bool, states ...casefile.State) []casefile.Filter {
		return []casefile.Filter{{States: states, Newest: newest}}
	}
	sum := func(states ...casefile.State) func(casefile.Counts) int {
		return func(n casefile.Counts) int {
			total := 0
			for _, s := range states {
				total += n.States[s]
			}
			return total
		}
	}
	flag := func(f casefile.Flag) func(casefile.Counts) int {
		return func(n casefile.Counts) int { return n.Flags[f] }
	}
	return []queueView{
		{name: "open", label: "To do", groups: []casefile.Filter{failed, {States: open}}, count: sum(append(slices.Clone(open), casefile.Failed)...),
			empty: emptyView{Title: "Nothing waits", Text: "New questions appear here by themselves, a moment after they reach the mailbox.", Href: "/intake", Label: "See what came in"}},
		{name: "mine", label: "Mine", groups: []casefile.Filter{{States: []casefile.State{casefile.Claimed, casefile.InReview}, ClaimedBy: user}}, count: func(n casefile.Counts) int { return n.Mine },
			empty: emptyView{Title: "You have no case in hand", Text: "Open a waiting case and claim it with c; it stays yours until you answer or release it.", Href: "/queue?view=unclaimed", Label: "Unclaimed cases"}},
		{name: "unclaimed", label: "Unclaimed", groups: one(false, casefile.New, casefile.Waiting), count: sum(casefile.New, casefile.Waiting),
			empty: emptyView{Title: "Every case is in someone's hands", Text: "New questions appear here by themselves."}},
		{name: "overdue", label: "Overdue", groups: []casefile.Filter{{States: append(slices.Clone(open), casefile.Failed), Flag: casefile.Overdue}}, count: flag(casefile.Overdue), alarm: true,
			empty: emptyView{Title: "Nothing is overdue", Text: "A case comes here when its due time has passed without an answer."}},
		{name: "failed", label: "Failed", groups: []casefile.Filter{failed}, count: sum(casefile.Failed), alarm: true,
			empty: emptyView{Title: "Nothing failed", Text: "A case comes here when a step failed for good; it says why, and one button tries again."}},
		{name: "undelivered", label: "Undelivered", groups: []casefile.Filter{{Flag: casefile.Undelivered}}, count: flag(casefile.Undelivered), alarm: true, hideEmpty: true,
			empty: emptyView{Title: "All mail arrived", Text: "A case comes here when one of its mails failed, or nobody knows whether it arrived."}},
		{name: "held", label: "Mail held", groups: []casefile.Filter{{Flag: casefile.Held}}, count: flag(casefile.Held), hideEmpty: true,
			empty: emptyView{Title: "No mail is held", Text: "A case comes here when a mail waits for a person's approval."}},
		{name: "asked_back", label: "Asked back", groups: one(false, casefile.AskedBack), count: sum(casefile.AskedBack), newGroup: true,
			empty: emptyView{Title: "Nobody is being waited for", Text: "A case comes here when you ask its sender for what is missing, and leaves when the reply comes."}},
		{name: "answered", label: "Answered", groups: one(true, casefile.Answered), count: sum(casefile.Answered),
			empty: emptyView{Title: "No answered cases", Text: "Answered cases stay here until they are closed, so that you see whether the asker comes back."}},
		{name: "closed", label: "Closed", groups: one(true, casefile.Closed, casefile.Merged), count: sum(casefile.Closed, casefile.Merged),
			empty: emptyView{Title: "No closed cases", Text: "Closed cases are kept here; each can be reopened."}},
		{name: "set_aside", label: "Set aside", groups: one(true, casefile.SetAside), count: sum(casefile.SetAside),
			empty: emptyView{Title: "Nothing was set aside", Text: "Auto-replies, bounces and bulk mail come here. They are kept and never answered."}},
		{name: "all", label: "All", newGroup: true, groups: []casefile.Filter{failed, {States: open}, {States: []casefile.State{casefile.AskedBack}},
			{States: []casefile.State{casefile.Answered}, Newest: true}, {States: []casefile.State{casefile.Closed, casefile.SetAside, casefile.Merged}, Newest: true}}, count: sum(casefile.States...),
			empty: emptyView{Title: "No cases yet", Text: "Send a mail to the watched mailbox: it becomes the first case a moment later.", Href: "/intake", Label: "Look at the intake"}},
	}
}

func (d *Desk) queue(c *call) error {
	query := c.r.URL.Query()
	views := queueViews(c.user.ID)
	i := slices.IndexFunc(views, func(v queueView) bool { return v.name == query.Get("view") })
	if i < 0 {
		i = 0
	}
	current := views[i]
	v := queuePage{shell: d.shell(c, current.label, "queue"), View: current.name, Heading: current.label, Empty: current.empty}
	if ref := caseReference.FindString(query.Get("ref")); ref != "" {
		if v.Notice = done(query.Get("done"), ref); v.Notice != nil {
			v.Notice.Text = ref + ": " + v.Notice.Text
		}
	}

	counts, err := d.Cases.Counts(c.ctx(), c.user.ID)
	if err != nil {
		return err
	}
	for _, view := range views {
		n := view.count(counts)
		if view.hideEmpty && n == 0 && view.name != current.name {
			continue
		}
		v.Views = append(v.Views, viewLink{Label: view.label, Href: "/queue?view=" + view.name, Count: n, Current: view.name == current.name,
			Alarm: view.alarm && n > 0, Break: view.newGroup})
	}

	code, queue := normalCode(query.Get("code")), strings.TrimSpace(query.Get("queue"))
	v.Code, v.Filtered = code, code != "" || queue != ""
	v.Unfiltered = "/queue?view=" + current.name
	for _, name := range d.Queues {
		if len(d.Queues) < 2 {
			break
		}
		v.Queues = append(v.Queues, queueOption{name, name == queue})
	}
	if v.Filtered {
		v.Empty = emptyView{Title: "No case matches", Text: "In this view no case has what you filter by.", Href: v.Unfiltered, Label: "Show all of them"}
	}
	cases, next, err := d.page(c, current.groups, code, queue, query.Get("after"))
	if err != nil {
		return err
	}
	for k := range cases {
		v.Rows = append(v.Rows, d.row(c, &cases[k]))
	}
	link := url.Values{"view": {current.name}}
	if code != "" {
		link.Set("code", code)
	}
	if queue != "" {
		link.Set("queue", queue)
	}
	if query.Get("after") != "" {
		v.Newer = "/queue?" + link.Encode()
	}
	if next != "" {
		link.Set("after", next)
		v.Older = "/queue?" + link.Encode()
	}
	return d.render(c, http.StatusOK, "queue", v)
}

// page reads one page of a view: its groups one after the other. A page's end is the group and the last case of it, so
// the next page costs the same however far down it is.
func (d *Desk) page(c *call, groups []casefile.Filter, code, queue, after string) (cases []casefile.Case, next string, err error) {
	group, last := parseCursor(after, len(groups))
	for ; group < len(groups); group, last = group+1, 0 {
		f := groups[group]
		f.Code, f.Queue, f.After, f.Limit = code, queue, last, pageRows+1-len(cases)
		more, err := d.Cases.List(c.ctx(), f)
		if err != nil {
			return nil, "", err
		}
		for _, cs := range more {
			if len(cases) == pageRows {
				return cases, next, nil
			}
			cases = append(cases, cs)
			next = fmt.Sprintf("%d-%d", group, cs.ID)
		}
	}
	return cases, "", nil
}

func parseCursor(after string, groups int) (group int, last int64) {
	g, id, ok := strings.Cut(after, "-")
	if !ok {
		return 0, 0
	}
	group, err := strconv.Atoi(g)
	if err != nil || group < 0 || group >= groups {
		return 0, 0
	}
	if last, err = strconv.ParseInt(id, 10, 64); err != nil || last < 0 {
		return 0, 0
	}
	return group, last
}

func (d *Desk) row(c *call, cs *casefile.Case) rowView {
	row := rowView{Ref: cs.Ref, Mark: d.mark(c, cs), Subject: mask(cs.Subject), Snippet: mask(cs.Snippet), Codes: cs.Codes, Flags: flagViews(cs.Flags),
		Asker: cs.Asker.String(), AskerAddress: cs.Asker.Address, Age: d.moment(cs.ReceivedAt, c.now, "age"), Settled: !cs.Open()}
	if row.Subject == "" {
		row.Subject = "(no subject)"
	}
	if cs.State == casefile.SetAside && cs.Reason != "" {
		row.Snippet = strings.TrimSpace(sentence(cs.Reason) + " " + row.Snippet)
	}
	row.Codes, row.More = chips(cs.Codes)
	// That it is overdue stands in the due column already.
	row.Flags = slices.DeleteFunc(row.Flags, func(f flagView) bool { return f.Label == "overdue" })
	if len(cs.Topics) > 0 {
		row.Topic = topicName(cs.Topics[0])
	}
	if cs.Open() {
		row.Due, row.DueTone = d.moment(cs.DueAt, c.now, "due"), dueTone(cs.DueAt, c.now)
	}
	return row
}

// chips picks the codes that fit into a row: three at most, fewer when they have many modifiers.
func chips(codes []string) (shown []string, more int) {
	const most, width = 3, 20
	used := 0
	for i, code := range codes {
		if i == most || i > 0 && used+len(code) > width {
			return codes[:i], len(codes) - i
		}
		used += len(code)
	}
	return codes, 0
}

// normalCode writes a code as mentions are stored, from what a person types: "m5450" is M54.50. What is no code is
// looked for as it stands, and found nowhere.
func normalCode(s string) string {
	s = strings.ToUpper(strings.TrimSpace(s))
	if s == "" {
		return ""
	}
	for _, system := range []codes.System{codes.CPT, codes.HCPCS, codes.ICD10CM, codes.NDC} {
		if code, err := codes.Normalize(system, s); err == nil {
			return code
		}
	}
	return s
}
