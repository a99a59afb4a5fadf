package desk

import (
	"errors"
	"net/http"
	"strconv"
	"strings"

	"caseconsultant/workflow/people"
)

// settingsPage is the view of pages/settings.html.
type settingsPage struct {
	shell
	Name, Credential string
	NameProblem      string
	PasswordProblem  string

	Admin         bool
	People        []personView
	PeopleProblem string
	Issued        *issuedView
	NewEmail      string
	NewName       string
}

type personView struct {
	ID                      int64
	Name, Credential, Email string
	Role                    string
	Since                   moment
	Disabled, Self          bool
}

// issuedView is a password that was just made; it is shown once.
type issuedView struct{ Email, Password string }

func (d *Desk) settings(c *call) error {
	return d.renderSettings(c, http.StatusOK, settingsPage{})
}

func (d *Desk) renderSettings(c *call, status int, v settingsPage) error {
	v.shell = d.shell(c, "Settings", "settings")
	v.Notice = done(c.r.URL.Query().Get("done"), "")
	if v.NameProblem == "" {
		v.Name, v.Credential = c.user.Name, c.user.Credential
	}
	if c.user.Role.Includes(people.Admin) {
		v.Admin = true
		users, err := d.People.List(c.ctx())
		if err != nil {
			return err
		}
		for _, u := range users {
			v.People = append(v.People, personView{ID: u.ID, Name: u.Name, Credential: u.Credential, Email: u.Email, Role: string(u.Role),
				Since: d.moment(u.Created, c.now, "day"), Disabled: !u.Active(), Self: u.ID == c.user.ID})
		}
	}
	return d.render(c, status, "settings", v)
}

func (d *Desk) setName(c *call) error {
	if err := c.r.ParseForm(); err != nil {
		return errForm
	}
	name, credential := c.r.PostForm.Get("name"), c.r.PostForm.Get("credential")
	if strings.TrimSpace(name) == "" {
		return d.renderSettings(c, http.StatusUnprocessableEntity, settingsPage{Credential: credential, NameProblem: "The name must not be empty: answers are signed with it."})
	}
	if err := d.People.SetName(c.ctx(), c.user.ID, name, credential); err != nil {
		return err
	}
	return c.see("/settings?done=saved")
}

func (d *Desk) setTheme(c *call) error {
	if err := c.r.ParseForm(); err != nil {
		return errForm
	}
	value := c.r.PostForm.Get("theme")
	cookie := &http.Cookie{Name: themeCookie, Value: value, Path: "/", MaxAge: 365 * 24 * 3600, SameSite: http.SameSiteLaxMode, HttpOnly: true, Secure: d.PublicURL.Scheme == "https"}
	if value != "light" && value != "dark" {
		cookie.Value, cookie.MaxAge = "", -1
	}
	http.SetCookie(c.w, cookie)
	return c.see(localPath(c.r.PostForm.Get("back")))
}

// setPassword asks for the present password, under the same counters as the door, so that an unlocked screen is not
// enough to take over an account.
func (d *Desk) setPassword(c *call) error {
	if err := c.r.ParseForm(); err != nil {
		return errForm
	}
	problem := func(status int, text string) error {
		return d.renderSettings(c, status, settingsPage{PasswordProblem: text})
	}
	_, err := d.People.Authenticate(c.ctx(), c.user.Email, c.r.PostForm.Get("old"), d.RemoteAddr(c.r))
	var throttled *people.Throttled
	switch {
	case errors.As(err, &throttled):
		return problem(http.StatusTooManyRequests, "Too many wrong passwords. Wait a few minutes and try again.")
	case errors.Is(err, people.ErrCredentials):
		return problem(http.StatusUnprocessableEntity, "The present password is wrong.")
	case err != nil:
		return err
	}
	password := c.r.PostForm.Get("new")
	if err := people.CheckPassword(password, c.user.Email, c.user.Name); err != nil {
		return problem(http.StatusUnprocessableEntity, sentence(reasonOf(err))+".")
	}
	if err := d.People.SetPassword(c.ctx(), c.user.ID, password); err != nil {
		return err
	}
	user, err := d.People.Get(c.ctx(), c.user.ID)
	if err != nil {
		return err
	}
	if err := d.begin(c, user); err != nil {
		return err
	}
	return c.see("/settings?done=password")
}

// reasonOf is the part of a password error that a person needs.
func reasonOf(err error) string {
	_, reason, ok := strings.Cut(err.Error(), ": ")
	if !ok {
		return err.Error()
	}
	return reason
}

func (d *Desk) addUser(c *call) error {
	if err := c.r.ParseForm(); err != nil {
		return errForm
	}
	v := settingsPage{NewEmail: strings.TrimSpace(c.r.PostForm.Get("email")), NewName: strings.TrimSpace(c.r.PostForm.Get("name"))}
	role, err := people.ParseRole(c.r.PostForm.Get("role"))
	if err != nil {
		return errForm
	}
	password := people.NewPassword()
	user, err := d.People.Add(c.ctx(), people.NewUser{Email: v.NewEmail, Name: v.NewName, Role: role, Password: password})
	switch {
	case errors.Is(err, people.ErrAddress), errors.Is(err, people.ErrExists):
		v.PeopleProblem = sentence(err.Error()) + "."
		return d.renderSettings(c, http.StatusUnprocessableEntity, v)
	case err != nil:
		return err
	}
	d.Log.InfoContext(c.ctx(), "A user was added at the desk", "user_id", user.ID, "by", c.user.ID)
	return d.renderSettings(c, http.StatusOK, settingsPage{Issued: &issuedView{user.Email, password}})
}

func (d *Desk) pathUser(c *call) (people.User, error) {
	id, err := strconv.ParseInt(c.r.PathValue("id"), 10, 64)
	if err != nil {
		return people.User{}, errNoPage
	}
	user, err := d.People.Get(c.ctx(), id)
	if errors.Is(err, people.ErrNotFound) {
		return people.User{}, errNoPage
	}
	return user, err
}

func (d *Desk) resetPassword(c *call) error {
	user, err := d.pathUser(c)
	if err != nil {
		return err
	}
	password := people.NewPassword()
	if err := d.People.SetPassword(c.ctx(), user.ID, password); err != nil {
		return err
	}
	d.Log.InfoContext(c.ctx(), "A user got a new password at the desk", "user_id", user.ID, "by", c.user.ID)
	return d.renderSettings(c, http.StatusOK, settingsPage{Issued: &issuedView{user.Email, password}})
}

func (d *Desk) disableUser(c *call) error {
	user, err := d.pathUser(c)
	if err != nil {
		return err
	}
	switch err := d.People.Disable(c.ctx(), user.ID); {
	case errors.Is(err, people.ErrLastAdmin):
		return d.renderSettings(c, http.StatusConflict, settingsPage{PeopleProblem: sentence(err.Error()) + "."})
	case err != nil:
		return err
	}
	d.Log.InfoContext(c.ctx(), "A user was disabled at the desk", "user_id", user.ID, "by", c.user.ID)
	return c.see("/settings?done=saved")
}

func (d *Desk) enableUser(c *call) error {
	user, err := d.pathUser(c)
	if err != nil {
		return err
	}
	if err := d.People.Enable(c.ctx(), user.ID); err != nil {
		return err
	}
	d.Log.InfoContext(c.ctx(), "A user was enabled at the desk", "user_id", user.ID, "by", c.user.ID)
	return c.see("/settings?done=saved")
}
