package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"sync"
	"time"

	"caseconsultant/cmd/caseconsultant/demo"
)

type demoCommand struct {
	Once  bool          `help:"Run one case through to the answer, print both mails and the timeline, and end."`
	Data  string        `type:"path" placeholder:"DIR" help:"Keep everything in this folder and go on from there next time; else a temporary one is used."`
	Fast  bool          `help:"Let the sample mails arrive at once."`
	Every time.Duration `default:"4s" help:"The time between two sample mails."`

	Desk string `placeholder:"HOST:PORT" help:"Where the desk listens; 127.0.0.1:8025, or a free port."`
	Mail string `placeholder:"HOST:PORT" help:"Where the mail page listens; 127.0.0.1:8027, or a free port."`
	IMAP string `name:"imap" placeholder:"HOST:PORT" help:"Where the IMAP server listens; 127.0.0.1:8143, or a free port."`
	SMTP string `name:"smtp" placeholder:"HOST:PORT" help:"Where the SMTP server listens; 127.0.0.1:8587, or a free port."`
}

// Run shows the product on a machine that has nothing but this program.
func (k *demoCommand) Run(c *console) error {
	if k.Once {
		if k.Data != "" || k.Fast {
			return usageError("--once stands alone: it uses a temporary folder and one mail")
		}
		return k.once(c)
	}
	lines := &demoLines{console: c}
	w, err := openDemo(c.ctx, demoOptions{Dir: k.Data, Desk: k.Desk, Mail: k.Mail, IMAP: k.IMAP, SMTP: k.SMTP, Preferred: true, OnMail: lines.mail})
	if err != nil {
		return err
	}
	w.announce(c)
	failure := w.play(c.ctx, k.pause(), lines)
	if errors.Is(failure, context.Canceled) {
		failure = nil
	}
	if failure == nil {
		select {
		case <-c.ctx.Done():
		case failure = <-w.program.Failed():
		}
	}
	lines.say("Stopping.")
	return errors.Join(failure, w.close())
}

func (k *demoCommand) pause() time.Duration {
	if k.Fast {
		return 0
	}
	return k.Every
}

// announce says where everything is, and how to get in.
func (w *demoWorld) announce(c *console) {
	kept := "(a temporary folder, removed at the end; --data DIR keeps one)"
	if !w.temporary {
		kept = "(kept)"
	}
	// The configuration is named by its full path: these commands work from any folder.
	c.printf(`CaseConsultant demo. All mail stays on this machine; all people and firms in it are made up.

  Desk       %s
             sign in as %s (%s, a consultant) or %s (%s, the admin),
             password %s
  Mail page  %s
             write as an asker; read what each asker gets
  IMAP       %s
  SMTP       %s   both without TLS, for a mail program of your own:
             any address that the mail page lists, password %s
  Files      %s %s
  Commands   caseconsultant --config %s case list

`, w.program.DeskURL(), demoConsultant.email, demoConsultant.name, demoAdmin.email, demoAdmin.name, w.kept.DeskPassword,
		w.pageURL(), w.office.IMAP(), w.office.SMTP(), w.kept.MailPassword, w.dir, kept, w.config)
}

// play lets the sample mails arrive that have not come yet, one after the other.
func (w *demoWorld) play(ctx context.Context, pause time.Duration, lines *demoLines) error {
	samples, err := demo.Samples()
	if err != nil {
		return err
	}
	left := samples[min(w.kept.Sent, len(samples)):]
	if len(left) == 0 {
		lines.say("All sample mails have arrived before. Write others on the mail page; Ctrl-C stops.")
		return nil
	}
	how := fmt.Sprintf("one every %v", pause)
	if pause == 0 {
		how = "at once"
	}
	lines.say(fmt.Sprintf("%s will arrive, %s; Ctrl-C stops.", plural(int64(len(left)), "sample mail"), how))
	for i := range left {
		if i > 0 {
			if err := wait(ctx, pause); err != nil {
				return err
			}
		}
		if err := w.arrive(ctx, &left[i], lines); err != nil {
			return err
		}
	}
	lines.say("All sample mails have arrived. Answer them at the desk, or write others on the mail page; Ctrl-C stops.")
	return nil
}

// arrive sends one sample as its asker would.
func (w *demoWorld) arrive(ctx context.Context, s *demo.Sample, lines *demoLines) error {
	// A mail that comes twice bears the date of the first time.
	at, again := w.kept.Written[s.File]
	if !again {
		at = time.Now().Truncate(time.Second)
		w.kept.Written[s.File] = at
	}
	raw := s.Raw(at)
	if s.Answers {
		if got, ok := w.answered(ctx, s, 15*time.Second); ok {
			raw = s.Reply(at, got.Raw)
		}
	}
	lines.about(s.Number, s.Shows)
	// Noted only when it is sent: a crash between sends it twice, and the same mail makes no second case.
	if err := w.office.Send(ctx, s.From, []string{demoAddress}, raw); err != nil {
		return err
	}
	w.kept.Sent = s.Number
	return w.keep()
}

// answered waits until the asker has got a mail about the one that the sample answers.
func (w *demoWorld) answered(ctx context.Context, s *demo.Sample, within time.Duration) (demo.Mail, bool) {
	ctx, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	for {
		_, changed := w.office.Changes()
		if m, ok := s.Answered(w.office.Inbox(s.From)); ok {
			return m, true
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return demo.Mail{}, false
		}
	}
}

func wait(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// demoLines prints a line for each mail, in either direction.
type demoLines struct {
	console *console

	mu    sync.Mutex
	shows string
}

func (l *demoLines) about(number int, shows string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.shows = fmt.Sprintf("%d: %s", number, shows)
}

func (l *demoLines) say(text string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.console.printf("%s\n", text)
}

// mail is called by the SMTP server.
func (l *demoLines) mail(m demo.Mail) {
	l.mu.Lock()
	defer l.mu.Unlock()
	subject := printable(m.Subject())
	if subject == "" {
		subject = "(no subject)"
	}
	if m.Account == demoAddress {
		l.console.printf("  %s  %-24s →  %s\n", m.At.Format(time.TimeOnly), clip(m.From, 24), subject)
		if l.shows != "" {
			l.console.printf("            %-24s    %s\n", "", l.shows)
			l.shows = ""
		}
		return
	}
	l.console.printf("  %s  %-24s ←  %s\n", m.At.Format(time.TimeOnly), clip(m.Account, 24), subject)
}

// The people and addresses of the demo.
const (
	demoAddress = "consult@firm.example"
	demoFirm    = "Example Coding Advisers"
)

type demoPerson struct{ email, name, credential string }

var (
	demoConsultant = demoPerson{"dana@firm.example", "Dana Example", "CPC, COC"}
	demoAdmin      = demoPerson{"robin@firm.example", "Robin Sample", "CCS"}
)

// demoFolder refuses a folder with something else in it.
func demoFolder(dir string) error {
	entries, err := os.ReadDir(dir)
	if errors.Is(err, os.ErrNotExist) || err == nil && len(entries) == 0 {
		return nil
	}
	if err != nil {
		return fmt.Errorf("the folder for the demo cannot be read: %w", err)
	}
	var names []string
	for _, entry := range entries {
		if entry.Name() == demoStateFile {
			return nil
		}
		names = append(names, entry.Name())
	}
	return fmt.Errorf("%s is no folder of the demo's, it holds %s: name an empty one, or one that --data made", dir, strings.Join(names[:min(3, len(names))], ", "))
}
