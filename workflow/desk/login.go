package desk

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"caseconsultant/workflow/people"
)

// loginPage is the view of pages/login.html.
type loginPage struct {
	shell
	Email   string
	Next    string
	Problem string
}

// Keys of a session.
const (
	sessionUser  = "user"  // id
	sessionStamp = "stamp" // people.User.Stamp at sign-in
	sessionSeen  = "seen"  // Unix seconds
)

// liveHeader marks requests that a page makes by itself: they are no sign of a person.
const liveHeader = "X-Desk-Live"

// signedIn returns the user whose session the request belongs to, or errSignedOut. The user is read each time, so that
// disabling one, or a new password, ends their sessions at once.
func (d *Desk) signedIn(c *call) (people.User, error) {
	ctx := c.ctx()
	id := d.sessions.GetInt64(ctx, sessionUser)
	if id == 0 {
		return people.User{}, errSignedOut
	}
	user, err := d.People.Get(ctx, id)
	if err != nil && !errors.Is(err, people.ErrNotFound) {
		return people.User{}, err
	}
	seen := time.Unix(d.sessions.GetInt64(ctx, sessionSeen), 0)
	if err != nil || !user.Active() || user.Stamp() != d.sessions.GetString(ctx, sessionStamp) || c.now.Sub(seen) > sessionIdle {
		if err := d.sessions.Destroy(ctx); err != nil {
			return people.User{}, fmt.Errorf("end a session: %w", err)
		}
		return people.User{}, errSignedOut
	}
	if c.now.Sub(seen) > seenEvery && c.r.Header.Get(liveHeader) == "" && c.r.URL.Path != "/events" {
		d.sessions.Put(ctx, sessionSeen, c.now.Unix())
	}
	return user, nil
}

func (d *Desk) showLogin(c *call) error {
	next := localPath(c.r.URL.Query().Get("next"))
	if c.user.ID != 0 {
		return c.see(next)
	}
	return d.render(c, http.StatusOK, "login", loginPage{shell: d.door(c), Next: next})
}

func (d *Desk) login(c *call) error {
	if err := c.r.ParseForm(); err != nil {
		return errForm
	}
	v := loginPage{Email: strings.TrimSpace(c.r.PostForm.Get("email")), Next: localPath(c.r.PostForm.Get("next"))}
	user, err := d.People.Authenticate(c.ctx(), v.Email, c.r.PostForm.Get("password"), d.RemoteAddr(c.r))
	var throttled *people.Throttled
	switch {
	case errors.As(err, &throttled):
		wait := max(throttled.Until.Sub(c.now).Round(time.Second), time.Second)
		v.Problem = fmt.Sprintf("Too many wrong passwords. The next attempt is looked at in %s; until then not even the right one is.", wait)
		c.w.Header().Set("Retry-After", fmt.Sprint(int(wait.Seconds())))
		v.shell = d.door(c)
		return d.render(c, http.StatusTooManyRequests, "login", v)
	case errors.Is(err, people.ErrCredentials):
		v.Problem = "The address or the password is wrong."
		v.shell = d.door(c)
		return d.render(c, http.StatusUnauthorized, "login", v)
	case err != nil:
		return err
	}
	if err := d.begin(c, user); err != nil {
		return err
	}
	d.Log.InfoContext(c.ctx(), "Signed in at the desk", "user_id", user.ID)
	return c.see(v.Next)
}

// begin makes the request's session the user's, under a new token and with nothing left of what it held: whoever
// planted or knew the old token gains nothing.
func (d *Desk) begin(c *call, user people.User) error {
	ctx := c.ctx()
	if err := d.sessions.Clear(ctx); err != nil {
		return fmt.Errorf("begin a session: %w", err)
	}
	if err := d.sessions.RenewToken(ctx); err != nil {
		return fmt.Errorf("begin a session: %w", err)
	}
	d.sessions.Put(ctx, sessionUser, user.ID)
	d.sessions.Put(ctx, sessionStamp, user.Stamp())
	d.sessions.Put(ctx, sessionSeen, c.now.Unix())
	return nil
}

func (d *Desk) logout(c *call) error {
	if err := d.sessions.Destroy(c.ctx()); err != nil {
		return fmt.Errorf("end a session: %w", err)
	}
	return c.see("/login")
}

// door is the shell of the pages before sign-in.
func (d *Desk) door(c *call) shell {
	return shell{Title: "Sign in", Firm: d.Firm, Theme: theme(c.r)}
}

// localPath keeps a redirect on this desk: anything but a path of our own becomes the queue.
func localPath(next string) string {
	if !strings.HasPrefix(next, "/") || strings.HasPrefix(next, "//") || strings.ContainsAny(next, "\\\r\n\t") || strings.HasPrefix(next, "/log") {
		return "/queue"
	}
	return next
}
