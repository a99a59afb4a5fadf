package desk

import (
	"context"
	"net/http"
	"time"

	"caseconsultant/workflow/codebook"
	"caseconsultant/workflow/codes"
	"caseconsultant/workflow/licence"
	"caseconsultant/workflow/people"
)

// licencesPage is the view of pages/licences.html.
type licencesPage struct {
	shell
	Year     int
	Licences []licenceView
	FirstRun string
}

// licenceView is one licence of the firm, and whether the reader accepted its notice this year.
type licenceView struct {
	Name            string
	What, Owner     string
	Trademark       string
	Holder, Number  string
	Until           string // "": no end
	Mails           bool   // its words go out in answers too
	Accepted        moment // the zero moment: not yet
	HasAccepted     bool
	Colleagues      int // others who accepted it this year
	ColleaguesWords string
}

// accepted are the licences whose words the reader may see now: in force for the desk, with this year's notice accepted. missing are those in
// force whose notice the reader has not accepted.
func (d *Desk) accepted(c *call) (accepted map[licence.Name]bool, missing []licence.Name, err error) {
	inForce := d.Licences.InForce(licence.Desk, c.now)
	if len(inForce) == 0 {
		return nil, nil, nil
	}
	notices, err := d.People.Notices(c.ctx(), c.user.ID, licence.Year(c.now))
	if err != nil {
		return nil, nil, err
	}
	by := make(map[licence.Name]bool)
	for _, n := range notices {
		by[licence.Name(n.Licence)] = true
	}
	accepted = make(map[licence.Name]bool)
	for _, name := range inForce {
		if by[name] {
			accepted[name] = true
		} else {
			missing = append(missing, name)
		}
	}
	return accepted, missing, nil
}

// licensed is the codebook with the words of others that the reader may see; nil when there are none. asks are the licences whose words an
// accepted notice would show.
func (d *Desk) licensed(c *call) (book Codes, asks []licence.Name, err error) {
	if d.Licensed == nil {
		return nil, nil, nil
	}
	accepted, missing, err := d.accepted(c)
	if err != nil || len(accepted) == 0 {
		return nil, missing, err
	}
	return d.Licensed(func(name string) bool {
		return accepted[licence.Name(name)] && d.Licences.Permits(licence.Name(name), licence.Desk, d.Now())
	}), missing, nil
}

// reference is the codebook as the reader may see it.
func (d *Desk) reference(c *call) (book Codes, asks []licence.Name, err error) {
	book, asks, err = d.licensed(c)
	if book == nil {
		book = d.Codes
	}
	return book, asks, err
}

// licenceOf is the licence under which the owner's words about a system's codes are; "" for a system that is free.
func licenceOf(system codes.System) licence.Name {
	switch system {
	case codes.CPT, codes.Modifier:
		return licence.CPT
	case codes.CDT:
		return licence.CDT
	case codes.Revenue:
		return licence.UB04
	}
	return ""
}

// licensedParts are the words of others about a code, for a case's page. They are looked up for each page and never kept with the case, so that
// they are gone when their licence is.
func licensedParts(ctx context.Context, book Codes, system codes.System, code string, on time.Time) ([]partView, error) {
	e, _, err := book.Lookup(ctx, system, code, on)
	if err != nil {
		return nil, err
	}
	var of []codebook.Description
	for _, desc := range e.Descriptions {
		if desc.Licence != "" && desc.Kind != codebook.KindMedium && desc.Kind != codebook.KindShort { // the long one says the same
			of = append(of, desc)
		}
	}
	return parts(of), nil
}

func (d *Desk) showLicences(c *call) error {
	v := licencesPage{shell: d.shell(c, "Licences", "settings"), Year: licence.Year(c.now), FirstRun: licence.FirstRun}
	v.Notice = done(c.r.URL.Query().Get("done"), "")
	notices, err := d.People.Notices(c.ctx(), 0, v.Year)
	if err != nil {
		return err
	}
	for _, name := range d.Licences.InForce(licence.Desk, c.now) {
		one, words := d.Licences[name], licence.Of(name)
		view := licenceView{Name: string(name), What: words.What, Owner: words.Owner, Trademark: words.Trademark, Holder: one.Holder, Number: one.Number,
			Mails: d.Licences.Permits(name, licence.Mail, c.now)}
		if !one.Expires.IsZero() {
			view.Until = one.Expires.Format(time.DateOnly)
		}
		for _, n := range notices {
			switch {
			case n.Licence != string(name):
			case n.UserID == c.user.ID:
				view.HasAccepted, view.Accepted = true, d.moment(n.At, c.now, "day")
			default:
				view.Colleagues++
			}
		}
		if c.user.Role.Includes(people.Admin) && view.Colleagues > 0 {
			view.ColleaguesWords = count(view.Colleagues, "colleague has", "colleagues have") + " accepted it."
		}
		v.Licences = append(v.Licences, view)
	}
	return d.render(c, http.StatusOK, "licences", v)
}

func (d *Desk) backToLicences(c *call) error { return c.see("/licences") }

func (d *Desk) acceptLicence(c *call) error {
	if err := c.r.ParseForm(); err != nil {
		return errForm
	}
	name := licence.Name(c.r.PathValue("name"))
	if !d.Licences.Permits(name, licence.Desk, c.now) {
		return errNoPage
	}
	if err := d.People.AcceptNotice(c.ctx(), c.user.ID, string(name), licence.Year(c.now)); err != nil {
		return err
	}
	d.Log.InfoContext(c.ctx(), "A licence's notice was accepted", "licence", string(name), "year", licence.Year(c.now), "user_id", c.user.ID)
	return c.see("/licences?done=accepted")
}
