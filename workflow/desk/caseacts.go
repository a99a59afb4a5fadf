package desk

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"caseconsultant/workflow/casefile"
	"caseconsultant/workflow/people"
)

// Every action ends in a redirect to the case, with one line that says what was done. What Office refuses becomes the
// case's page as it now is, with what was written kept in its form.

func (c *call) ref() string { return strings.ToUpper(c.r.PathValue("ref")) }

// back ends an action: on the case, or in the queue's list where it was pressed.
func (c *call) back(done string) error {
	if to, err := url.Parse(localPath(c.r.PostFormValue("back"))); err == nil && to.Path == "/queue" && c.r.PostFormValue("back") != "" {
		query := to.Query()
		query.Set("done", done)
		query.Set("ref", c.ref())
		return c.see("/queue?" + query.Encode())
	}
	return c.see("/cases/" + url.PathEscape(c.ref()) + "?done=" + done)
}

func (d *Desk) backToCase(c *call) error {
	return c.see("/cases/" + url.PathEscape(c.ref()))
}

func (d *Desk) claim(c *call) error {
	if err := d.Office.Claim(c.ctx(), c.ref(), c.user.ID); err != nil {
		return d.refuse(c, err, asking{})
	}
	return c.back("claimed")
}

func (d *Desk) release(c *call) error {
	if err := d.Office.Release(c.ctx(), c.ref(), c.user.ID, c.user.Role.Includes(people.Lead)); err != nil {
		return d.refuse(c, err, asking{})
	}
	return c.back("released")
}

func (d *Desk) answer(c *call) error {
	return d.send(c, "answer", d.Office.Answer, "answered")
}

func (d *Desk) ask(c *call) error {
	return d.send(c, "ask", d.Office.Ask, "asked")
}

func (d *Desk) send(c *call, tab string, send func(ctx context.Context, ref string, user int64, body string, seen int64) error, did string) error {
	a, err := c.letter(tab)
	if err != nil {
		return err
	}
	if a.body == "" {
		return d.refuseEmpty(c, a)
	}
	if err := send(c.ctx(), c.ref(), c.user.ID, a.body, a.seen); err != nil {
		return d.refuse(c, err, a)
	}
	return c.back(did)
}

// letter reads what was written in one of the forms. Browsers send line ends as CRLF.
func (c *call) letter(tab string) (asking, error) {
	if err := c.r.ParseForm(); err != nil {
		return asking{}, errForm
	}
	body := strings.TrimSpace(strings.ReplaceAll(c.r.PostForm.Get("body"), "\r\n", "\n"))
	seen, _ := strconv.ParseInt(c.r.PostForm.Get("seen"), 10, 64)
	return asking{tab: tab, body: body, seen: seen}, nil
}

func (d *Desk) preview(c *call) error {
	ask := c.r.URL.Query().Get("ask") != ""
	tab := "answer"
	if ask {
		tab = "ask"
	}
	a, err := c.letter(tab)
	if err != nil {
		return err
	}
	if a.body == "" {
		return d.refuseEmpty(c, a)
	}
	subject, text, err := d.Office.Preview(c.ctx(), c.ref(), c.user.ID, a.body, ask)
	if err != nil {
		return d.refuse(c, err, a)
	}
	cs, err := d.Cases.Get(c.ctx(), c.ref())
	if err != nil {
		return err
	}
	a.status = http.StatusOK
	a.preview = &previewView{To: cs.Asker.Address, Subject: subject, Text: text}
	return d.renderCase(c, a)
}

// draft keeps an unfinished answer. The script sends it as one types and wants no page back.
func (d *Desk) draft(c *call) error {
	a, err := c.letter("answer")
	if err != nil {
		return err
	}
	if err := d.Office.SaveDraft(c.ctx(), c.ref(), c.user.ID, a.body); err != nil {
		if c.r.Header.Get(liveHeader) != "" {
			// The page shows that it was not kept; the text stays where it is.
			c.w.WriteHeader(http.StatusConflict)
			return nil
		}
		return d.refuse(c, err, a)
	}
	if c.r.Header.Get(liveHeader) != "" {
		c.w.WriteHeader(http.StatusNoContent)
		return nil
	}
	return c.back("drafted")
}

func (d *Desk) note(c *call) error {
	a, err := c.letter("note")
	if err != nil {
		return err
	}
	if a.body == "" {
		return d.refuseEmpty(c, a)
	}
	if err := d.Office.Note(c.ctx(), c.ref(), c.user.ID, a.body); err != nil {
		return d.refuse(c, err, a)
	}
	return c.back("noted")
}

func (d *Desk) closeCase(c *call) error {
	if err := c.r.ParseForm(); err != nil {
		return errForm
	}
	if err := d.Office.Close(c.ctx(), c.ref(), c.user.ID, strings.TrimSpace(c.r.PostForm.Get("reason"))); err != nil {
		return d.refuse(c, err, asking{})
	}
	return c.back("closed")
}

func (d *Desk) reopen(c *call) error {
	if err := d.Office.Reopen(c.ctx(), c.ref(), c.user.ID); err != nil {
		return d.refuse(c, err, asking{})
	}
	if c.r.PostFormValue("aside") != "" || strings.Contains(c.r.PostFormValue("back"), "view=set_aside") {
		return c.back("made")
	}
	return c.back("reopened")
}

func (d *Desk) requeue(c *call) error {
	if err := d.Office.Requeue(c.ctx(), c.ref(), c.user.ID); err != nil {
		return d.refuse(c, err, asking{})
	}
	return c.back("requeued")
}

// reveal shows the masked places for this one page, after the history has it.
func (d *Desk) reveal(c *call) error {
	if err := d.Office.Reveal(c.ctx(), c.ref(), c.user.ID); err != nil {
		return d.refuse(c, err, asking{})
	}
	return d.renderCase(c, asking{status: http.StatusOK, reveal: true})
}

func (d *Desk) refuseEmpty(c *call, a asking) error {
	a.status = http.StatusUnprocessableEntity
	a.refused = &refused{Tone: amber, Icon: "info", Heading: "There is no text yet", Text: "Nothing was sent. Write something first."}
	return d.renderCase(c, a)
}

// refuse shows why Office would not, on the case as it now is. What was written stays in its form.
func (d *Desk) refuse(c *call, err error, a asking) error {
	a.status = http.StatusConflict
	kept := ""
	if a.body != "" {
		kept = " What you wrote is kept below."
	}
	var claimed *casefile.ClaimedError
	var transition *casefile.TransitionError
	switch {
	case errors.As(err, &claimed):
		who := "A colleague"
		if name := d.userName(c, claimed.By); name != "" {
			who = name
		}
		a.refused = &refused{Tone: amber, Icon: "person", Heading: who + " has this case",
			Text: who + " was quicker and has it in hand now; nothing was changed by you." + kept,
			Next: []nextStep{{Label: "Take another one", Href: "/queue?view=unclaimed"}}}
	case isStale(err):
		a.refused = &refused{Tone: blue, Icon: "info", Heading: "A new message came in while you wrote",
			Text: "Nothing was sent." + kept + " Read what is marked new, change your text if you must, and send it then."}
	case errors.As(err, &transition):
		state := strings.ToLower(stateWord(transition.From).text)
		a.refused = &refused{Tone: amber, Icon: "info", Heading: "The case is " + state, Text: "In this state that is not possible, and nothing was changed." + kept + reopenHint(transition.From)}
	case errors.Is(err, casefile.ErrNotDue):
		a.refused = &refused{Tone: amber, Icon: "info", Heading: "It was done already", Text: "Someone else was quicker, or it went on by itself. Nothing was changed by you." + kept}
	default:
		return err
	}
	return d.renderCase(c, a)
}

func reopenHint(s casefile.State) string {
	switch s {
	case casefile.Answered, casefile.Closed:
		return " Reopen the case above to go on."
	case casefile.SetAside:
		return " Make it a case above to go on."
	}
	return ""
}

// deliver settles what a delivery waits for.
func (d *Desk) deliver(c *call) error {
	id, err := strconv.ParseInt(c.r.PathValue("id"), 10, 64)
	if err != nil {
		return errNoPage
	}
	what := c.r.URL.Path[strings.LastIndexByte(c.r.URL.Path, '/')+1:]
	back := "/outbox"
	if to := localPath(c.r.PostFormValue("back")); strings.HasPrefix(to, "/cases/") {
		back = to
	}
	done := what
	switch err := d.Office.Deliver(c.ctx(), id, c.user.ID, what); {
	case errors.Is(err, casefile.ErrNotDue):
		done = "late"
	case err != nil:
		return err
	}
	return c.see(back + "?done=" + done)
}

// done is the line that a page shows after a redirect. what is one of our own words; anything else shows nothing.
func done(what, ref string) *notice {
	action := func(verb string) string { return "/cases/" + url.PathEscape(ref) + "/" + verb }
	ok := func(text string) *notice { return &notice{Text: text, Tone: green, Icon: "check"} }
	switch what {
	case "answered":
		return ok("The answer is on its way. Whether it arrived shows under Mail sent.")
	case "asked":
		return ok("The question is on its way. The case waits for the reply.")
	case "accepted":
		return ok("It is kept that you accepted the notice. You see the owner’s words from now on.")
	case "noted":
		return ok("The note is kept.")
	case "worded":
		return ok("Your words are kept. They stand in summaries from now on.")
	case "unworded":
		return ok("Your firm's words are taken away. What was written stays in the history.")
	case "stands":
		return ok("You stand behind these words now.")
	case "drafted":
		return ok("The draft is kept.")
	case "claimed":
		return &notice{Text: "It is in your hands.", Tone: green, Icon: "check", Undo: &undo{"Release", action("release")}}
	case "released":
		return &notice{Text: "Released: the case waits for whoever takes it.", Tone: green, Icon: "check", Undo: &undo{"Claim it again", action("claim")}}
	case "closed":
		return &notice{Text: "Closed.", Tone: green, Icon: "check", Undo: &undo{"Reopen", action("reopen")}}
	case "reopened":
		return ok("Reopened: the case waits again.")
	case "made":
		return ok("It is a case now: it is read for codes and waits in the queue. Nothing is sent by itself.")
	case "requeued":
		return ok("It is tried again now.")
	case RetryNow:
		return ok("It is tried again now.")
	case Arrived:
		return ok("Settled as arrived.")
	case SendAgain:
		return ok("It is sent once more, under the same Message-ID.")
	case Approve:
		return ok("Approved: the mail is on its way.")
	case Cancel:
		return ok("It will not be sent.")
	case "late":
		return &notice{Text: "It was settled already; nothing was changed.", Tone: amber, Icon: "info"}
	case "saved":
		return ok("Saved.")
	case "password":
		return ok("The password is changed. Everywhere else you are signed out.")
	}
	return nil
}
