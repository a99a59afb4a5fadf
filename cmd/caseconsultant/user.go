package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"text/tabwriter"
	"time"

	"golang.org/x/term"

	"caseconsultant/workflow/people"
)

type userCommand struct {
	Add      userAddCommand      `cmd:"" help:"Add a person who may sign in."`
	List     userListCommand     `cmd:"" help:"List those who may sign in."`
	Disable  userDisableCommand  `cmd:"" help:"Take a person's access away; their name stays in the history."`
	Enable   userEnableCommand   `cmd:"" help:"Give a disabled person access again."`
	Password userPasswordCommand `cmd:"" help:"Set a new password."`
}

type userAddCommand struct {
	Email         string `arg:"" help:"The address to sign in with."`
	Name          string `help:"As signed under answers; the part before the @ if left out."`
	Credential    string `help:"Such as CPC; signed after the name."`
	Role          string `default:"consultant" enum:"consultant,lead,admin" help:"consultant, lead or admin."`
	PasswordStdin bool   `help:"Read the password from standard input."`
}

// Run adds a user.
func (u *userAddCommand) Run(c *console) error {
	return c.withPeople(func(p *people.People) error {
		password, err := c.newPassword(u.PasswordStdin)
		if err != nil {
			return err
		}
		user, err := p.Add(c.ctx, people.NewUser{Email: u.Email, Name: u.Name, Credential: u.Credential, Role: people.Role(u.Role), Password: password})
		if err != nil {
			return err
		}
		c.printf("%s may sign in as %s.\n", user.Email, user.Role)
		return nil
	})
}

type userListCommand struct {
	JSON bool `help:"One object a line."`
}

// userJSON is a line of `user list --json`.
type userJSON struct {
	Email      string `json:"email"`
	Name       string `json:"name"`
	Credential string `json:"credential"`
	Role       string `json:"role"`
	CreatedAt  string `json:"created_at"`
	DisabledAt string `json:"disabled_at"`
}

// Run lists the users.
func (u *userListCommand) Run(c *console) error {
	return c.withPeople(func(p *people.People) error {
		users, err := p.List(c.ctx)
		if err != nil {
			return err
		}
		if u.JSON {
			encoder := json.NewEncoder(c.out)
			for _, user := range users {
				if err := encoder.Encode(userJSON{user.Email, user.Name, user.Credential, string(user.Role), stamp(user.Created), stamp(user.Disabled)}); err != nil {
					return fmt.Errorf("write the list: %w", err)
				}
			}
			return nil
		}
		if len(users) == 0 {
			c.note(`Nobody may sign in yet: add someone with "caseconsultant user add you@firm.example --role admin".`)
			return nil
		}
		table := tabwriter.NewWriter(c.out, 0, 0, 2, ' ', 0)
		fmt.Fprintln(table, "EMAIL\tNAME\tROLE\tADDED\t")
		for _, user := range users {
			name := strings.TrimSuffix(user.Name+", "+user.Credential, ", ")
			state := ""
			if !user.Active() {
				state = "disabled " + user.Disabled.Format(time.DateOnly)
			}
			fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\n", user.Email, name, user.Role, user.Created.Format(time.DateOnly), state)
		}
		return table.Flush()
	})
}

type userDisableCommand struct {
	Email string `arg:"" help:"Whose access to take away."`
}

// Run disables a user.
func (u *userDisableCommand) Run(c *console) error {
	return c.withUser(u.Email, func(p *people.People, user people.User) error {
		if err := p.Disable(c.ctx, user.ID); err != nil {
			return err
		}
		c.printf("%s can no longer sign in.\n", user.Email)
		return nil
	})
}

type userEnableCommand struct {
	Email string `arg:"" help:"Whom to give access again."`
}

// Run enables a user.
func (u *userEnableCommand) Run(c *console) error {
	return c.withUser(u.Email, func(p *people.People, user people.User) error {
		if err := p.Enable(c.ctx, user.ID); err != nil {
			return err
		}
		c.printf("%s may sign in again.\n", user.Email)
		return nil
	})
}

type userPasswordCommand struct {
	Email         string `arg:"" help:"Whose password to set."`
	PasswordStdin bool   `help:"Read the password from standard input."`
}

// Run sets a password.
func (u *userPasswordCommand) Run(c *console) error {
	return c.withUser(u.Email, func(p *people.People, user people.User) error {
		password, err := c.newPassword(u.PasswordStdin)
		if err != nil {
			return err
		}
		if err := p.SetPassword(c.ctx, user.ID, password); err != nil {
			return err
		}
		c.printf("%s has a new password; sessions under the old one have ended.\n", user.Email)
		return nil
	})
}

// withPeople opens the installation's database for a command about users.
func (c *console) withPeople(f func(*people.People) error) error {
	cfg, err := LoadConfig(c.config)
	if err != nil {
		return err
	}
	db, err := cfg.openStore(c.ctx)
	if err != nil {
		return err
	}
	return errors.Join(f(people.New(db, people.Options{})), db.Close())
}

func (c *console) withUser(email string, f func(*people.People, people.User) error) error {
	return c.withPeople(func(p *people.People) error {
		user, err := userByEmail(c.ctx, p, email)
		if err != nil {
			return err
		}
		return f(p, user)
	})
}

func userByEmail(ctx context.Context, p *people.People, email string) (people.User, error) {
	user, err := p.ByEmail(ctx, email)
	if errors.Is(err, people.ErrNotFound) {
		return user, fmt.Errorf("%s: %w (caseconsultant user list shows them)", email, err)
	}
	return user, err
}

// newPassword reads a new password: the first line of standard input, or what a person types twice.
func (c *console) newPassword(stdin bool) (string, error) {
	if stdin {
		line, err := bufio.NewReader(io.LimitReader(c.in, 4096)).ReadString('\n')
		if err != nil && !errors.Is(err, io.EOF) {
			return "", fmt.Errorf("read the password: %w", err)
		}
		return strings.TrimRight(line, "\r\n"), nil
	}
	file, ok := c.in.(*os.File)
	if !ok || !c.terminal {
		return "", usageError("there is no terminal to ask for the password: give it by --password-stdin")
	}
	var typed [2]string
	for i, prompt := range []string{"Password: ", "Once more: "} {
		fmt.Fprint(c.err, prompt)
		b, err := term.ReadPassword(int(file.Fd()))
		fmt.Fprintln(c.err)
		if err != nil {
			return "", fmt.Errorf("read the password: %w", err)
		}
		typed[i] = string(b)
	}
	if typed[0] != typed[1] {
		return "", errors.New("the two passwords differ: nothing was changed")
	}
	return typed[0], nil
}

// stamp writes a time for programs; the zero time is "".
func stamp(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format("2006-01-02T15:04:05.000Z")
}
