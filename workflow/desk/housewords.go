package desk

import (
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"caseconsultant/workflow/codebook"
	"caseconsultant/workflow/codes"
	"caseconsultant/workflow/house"
	"caseconsultant/workflow/identifiers"
	"caseconsultant/workflow/people"
)

// wordsView is the part of a code's page in which the firm's own words stand and are written.
type wordsView struct {
	Self      string
	Most      int
	MayReview bool // the reader has a credential
	Now       []wordView
	Earlier   []wordView
	Forms     []wordForm
	Problem   string
}

type wordView struct {
	ID                          int64
	Label, Text, Author, Review string
	At                          moment
}

// wordForm is where one kind of words is written.
type wordForm struct {
	Kind                  house.Kind
	Label, Do, Hint, Text string
	Seen                  int
	Open                  bool
}

// writing is what somebody was about to write when it was refused.
type writing struct {
	kind    house.Kind
	text    string
	problem string
}

func wordLabel(kind house.Kind) string {
	if kind == house.Note {
		return "For colleagues"
	}
	return kindLabel(string(kind))
}

// words reads the firm's words about a code, and takes out of the entry what they stand in place of.
func (d *Desk) words(c *call, e *codebook.Entry, w writing) (*wordsView, error) {
	if d.Words == nil {
		return nil, nil
	}
	history, err := d.Words.History(c.ctx(), string(e.System), e.Code)
	if err != nil {
		return nil, err
	}
	now := house.InForce(history)
	v := &wordsView{Self: codePath(e.System, e.Code), Most: house.MostText, MayReview: c.user.Credential != "", Problem: w.problem}
	names := make(map[int64]string)
	for _, one := range history {
		shown, err := d.word(c, one, names)
		if err != nil {
			return nil, err
		}
		if slices.ContainsFunc(now, func(n house.Description) bool { return n.ID == one.ID }) {
			continue
		}
		v.Earlier = append(v.Earlier, shown)
	}
	for _, one := range now {
		shown, err := d.word(c, one, names)
		if err != nil {
			return nil, err
		}
		v.Now = append(v.Now, shown)
		e.Descriptions = slices.DeleteFunc(slices.Clone(e.Descriptions), func(have codebook.Description) bool { return have.Kind == string(one.Kind) })
	}
	for _, kind := range house.Kinds() {
		f := wordForm{Kind: kind, Label: wordLabel(kind)}
		f.Do, f.Hint = "Write: "+lowerFirst(f.Label), "It stands in summaries in place of the codebook's own words. Write it from medical knowledge, not from the code set's text; it speaks of the code, never of a patient."
		if kind == house.Note {
			f.Hint = "It is shown here only and never sent."
		}
		for _, one := range history { // newest first
			if one.Kind == kind {
				f.Seen, f.Text = one.Version, one.Text
				break
			}
		}
		if f.Text != "" {
			f.Do = "Revise: " + lowerFirst(f.Label)
		}
		if w.problem != "" && w.kind == kind {
			f.Open, f.Text = true, w.text
		}
		v.Forms = append(v.Forms, f)
	}
	return v, nil
}

func lowerFirst(s string) string { return strings.ToLower(s[:1]) + s[1:] }

func (d *Desk) word(c *call, one house.Description, names map[int64]string) (wordView, error) {
	name := func(id int64) (string, error) {
		if _, ok := names[id]; !ok {
			u, err := d.People.Get(c.ctx(), id)
			if err != nil && !errors.Is(err, people.ErrNotFound) {
				return "", err
			}
			names[id] = orElse(u.Name, "somebody who has left")
		}
		return names[id], nil
	}
	author, err := name(one.Author)
	if err != nil {
		return wordView{}, err
	}
	v := wordView{ID: one.ID, Label: wordLabel(one.Kind), Text: orElse(one.Text, "(taken away)"), Author: author, At: d.moment(one.At, c.now, "day")}
	switch {
	case one.Reviewed():
		reviewer, err := name(one.Review.By)
		if err != nil {
			return wordView{}, err
		}
		v.Review = "reviewed by " + reviewer + ", " + one.Review.Credential
	case one.Kind == house.Note:
		v.Review = "never sent"
	}
	return v, nil
}

func (d *Desk) backToCode(c *call) error {
	return c.see(codePath(codes.System(c.r.PathValue("system")), c.r.PathValue("code")))
}

// writeWords keeps what was written about a code of the loaded book.
func (d *Desk) writeWords(c *call) error {
	if err := c.r.ParseForm(); err != nil {
		return errForm
	}
	e, err := d.wordedCode(c)
	if err != nil {
		return err
	}
	text := strings.TrimSpace(strings.ReplaceAll(c.r.PostForm.Get("text"), "\r\n", "\n"))
	w := writing{kind: house.Kind(c.r.PostForm.Get("kind")), text: text}
	seen, err := strconv.Atoi(c.r.PostForm.Get("seen"))
	if err != nil {
		return errForm
	}
	if len(identifiers.Find(text)) > 0 {
		w.problem = "This looks as if it names a patient, a phone number or an address. These words go to every asker: write about the code alone."
		return d.renderCode(c, http.StatusUnprocessableEntity, w)
	}
	err = d.Words.Write(c.ctx(), house.Edit{System: string(e.System), Code: e.Code, Kind: w.kind, Text: text, Seen: seen, User: c.user.ID, Credential: c.user.Credential})
	switch {
	case errors.Is(err, house.ErrStale):
		w.problem = "A colleague has changed these words meanwhile; theirs stand above. Yours are still here: bring the two together and keep them."
		return d.renderCode(c, http.StatusConflict, w)
	case errors.Is(err, house.ErrText):
		w.problem = sentence(reasonOf(err)) + "."
		return d.renderCode(c, http.StatusUnprocessableEntity, w)
	case err != nil:
		return err
	}
	did := "worded"
	if text == "" {
		did = "unworded"
	}
	return c.see(codePath(e.System, e.Code) + "?" + url.Values{"done": {did}}.Encode() + "#words")
}

func (d *Desk) reviewWords(c *call) error {
	e, err := d.wordedCode(c)
	if err != nil {
		return err
	}
	id, err := strconv.ParseInt(c.r.PathValue("id"), 10, 64)
	if err != nil {
		return errNoPage
	}
	err = d.Words.Stand(c.ctx(), id, c.user.ID, c.user.Credential)
	switch {
	case errors.Is(err, house.ErrNotFound):
		return errNoPage
	case errors.Is(err, house.ErrStale):
		return d.renderCode(c, http.StatusConflict, writing{problem: "A colleague has changed these words meanwhile. Read what stands there now."})
	case errors.Is(err, house.ErrReview):
		return d.renderCode(c, http.StatusUnprocessableEntity, writing{problem: sentence(reasonOf(err)) + "."})
	case err != nil:
		return err
	}
	return c.see(codePath(e.System, e.Code) + "?done=stands#words")
}

// wordedCode is the code that the path names, as the loaded book writes it.
func (d *Desk) wordedCode(c *call) (codebook.Entry, error) {
	system := codes.System(c.r.PathValue("system"))
	if d.Words == nil || !slices.Contains(codes.Systems(), system) {
		return codebook.Entry{}, errNoPage
	}
	e, ok, err := d.Codes.Lookup(c.ctx(), system, c.r.PathValue("code"), c.now)
	if err == nil && !ok {
		err = errNoPage
	}
	return e, err
}
