package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"caseconsultant/workflow"
	"caseconsultant/workflow/casefile"
	"caseconsultant/workflow/people"
	"caseconsultant/workflow/store"
)

type caseCommand struct {
	List   caseListCommand   `cmd:"" help:"List cases, oldest first."`
	Show   caseShowCommand   `cmd:"" help:"Show all that is known of a case."`
	Claim  caseClaimCommand  `cmd:"" help:"Take a case in hand."`
	Answer caseAnswerCommand `cmd:"" help:"Approve and send an answer; claims the case if need be."`
	Ask    caseAskCommand    `cmd:"" help:"Ask the asker for what is missing."`
	Note   caseNoteCommand   `cmd:"" help:"Keep a word to colleagues; it is never sent."`
	Close  caseCloseCommand  `cmd:"" help:"End a case without another mail."`
	Verify caseVerifyCommand `cmd:"" help:"Prove that a case's history is whole."`
}

// bureau is the installation opened by a short-lived command, beside a `serve` that may be running: it reads cases, and
// inserts what a consultant decides; the steps themselves are done by whoever serves.
type bureau struct {
	db     *store.DB
	line   *workflow.Line
	people *people.People
	names  map[int64]string // addresses of users by id
}

// withBureau opens the installation for the length of f.
func (c *console) withBureau(f func(*bureau) error) error {
	cfg, err := LoadConfig(c.config)
	if err != nil {
		return err
	}
	db, err := cfg.openStore(c.ctx)
	if err != nil {
		return err
	}
	b := &bureau{db: db}
	err = b.open(c.ctx, cfg)
	if err == nil {
		err = f(b)
	}
	if b.line != nil {
		err = errors.Join(err, b.line.Close())
	}
	return errors.Join(err, db.Close())
}

func (b *bureau) open(ctx context.Context, cfg *Config) error {
	if err := workflow.Migrate(ctx, b.db); err != nil {
		return err
	}
	process, err := b.db.StartProcess(ctx, "command")
	if err != nil {
		return err
	}
	options, err := cfg.lineOptions()
	if err != nil {
		return err
	}
	b.people = people.New(b.db, people.Options{})
	if b.line, err = workflow.New(b.db, process, b.people, options); err != nil {
		return err
	}
	users, err := b.people.List(ctx)
	if err != nil {
		return err
	}
	b.names = make(map[int64]string)
	for _, u := range users {
		b.names[u.ID] = u.Email
	}
	return nil
}

// consultant is the user in whose name a command acts.
func (b *bureau) consultant(ctx context.Context, email string) (people.User, error) {
	user, err := userByEmail(ctx, b.people, email)
	if err == nil && !user.Active() {
		err = fmt.Errorf("%s is disabled (caseconsultant user enable %s)", email, email)
	}
	return user, err
}

// canonicalRef reads a reference as people write it: in small letters, with O for 0 and I or L for 1.
func canonicalRef(ref string) string {
	ref = strings.ToUpper(strings.TrimSpace(ref))
	if rest, ok := strings.CutPrefix(ref, "CC-"); ok {
		return "CC-" + strings.NewReplacer("O", "0", "I", "1", "L", "1").Replace(rest)
	}
	return ref
}

// plainly says what a refusal means for a person at the command line.
func (b *bureau) plainly(ref string, err error) error {
	if claimed, ok := errors.AsType[*casefile.ClaimedError](err); ok {
		return fmt.Errorf("case %s is in the hands of %s: nothing was changed", claimed.Ref, b.name(claimed.By))
	}
	if transition, ok := errors.AsType[*casefile.TransitionError](err); ok {
		return fmt.Errorf("%w: nothing was changed, nothing was sent", transition)
	}
	if errors.Is(err, casefile.ErrNotFound) {
		return fmt.Errorf("there is no case %s (caseconsultant case list shows them)", ref)
	}
	return err
}

func (b *bureau) name(user int64) string {
	if email, ok := b.names[user]; ok {
		return email
	}
	return fmt.Sprintf("user %d", user)
}

type caseListCommand struct {
	State []string `placeholder:"STATE,..." help:"Only cases in these states: ${case_states}."`
	Queue string   `help:"Only cases of this queue."`
	Flag  string   `placeholder:"FLAG" help:"Only cases that bear this flag."`
	Code  string   `help:"Only cases that mention this code."`
	As    string   `placeholder:"EMAIL" help:"Only cases in this consultant's hands."`
	Limit int      `help:"At most so many; 0 is all." default:"0"`
	JSON  bool     `help:"One object a line."`
}

// Run lists cases.
func (l *caseListCommand) Run(c *console) error {
	filter := casefile.Filter{Queue: l.Queue, Flag: casefile.Flag(l.Flag), Code: l.Code}
	for _, state := range l.State {
		if !slices.Contains(casefile.States, casefile.State(state)) {
			return usageError(fmt.Sprintf("there is no state %q: write %s", state, orList(stringsOf(casefile.States))))
		}
		filter.States = append(filter.States, casefile.State(state))
	}
	if l.Flag != "" && !slices.Contains(casefile.Flags, filter.Flag) {
		return usageError(fmt.Sprintf("there is no flag %q: write %s", l.Flag, orList(stringsOf(casefile.Flags))))
	}
	return c.withBureau(func(b *bureau) error {
		if l.As != "" {
			user, err := userByEmail(c.ctx, b.people, l.As)
			if err != nil {
				return err
			}
			filter.ClaimedBy = user.ID
		}
		encoder := json.NewEncoder(c.out)
		table := tabwriter.NewWriter(c.out, 0, 0, 2, ' ', 0)
		now, n := b.db.Now(), 0
		err := b.each(c.ctx, filter, l.Limit, func(one *casefile.Case) error {
			n++
			if l.JSON {
				return encoder.Encode(b.caseJSON(one))
			}
			if n == 1 {
				fmt.Fprintln(table, "REF\tSTATE\tCAME\tDUE\tASKER\tCODES\tSUBJECT")
			}
			_, err := fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\t%s\t%s\n", one.Ref, stateWords(one), ago(now, one.ReceivedAt), dueWords(now, one), clip(one.Asker.Address, 30),
				clip(strings.Join(one.Codes, " "), 30), clip(one.Subject, 50))
			return err
		})
		if err != nil {
			return err
		}
		if n == 0 && !l.JSON {
			c.note("There is no such case.")
		}
		return table.Flush()
	})
}

// each calls f for the cases of a filter, page after page.
func (b *bureau) each(ctx context.Context, filter casefile.Filter, limit int, f func(*casefile.Case) error) error {
	for n := 0; ; {
		filter.Limit = 200
		page, err := b.line.Files().List(ctx, filter)
		if err != nil {
			return err
		}
		for i := range page {
			if err := f(&page[i]); err != nil {
				return err
			}
			if n++; n == limit {
				return nil
			}
		}
		if len(page) < filter.Limit {
			return nil
		}
		filter.After = page[len(page)-1].ID
	}
}

func stringsOf[T ~string](list []T) []string {
	var words []string
	for _, v := range list {
		words = append(words, string(v))
	}
	return words
}

// clip cuts a text for a column of a table.
func clip(s string, most int) string {
	s = printable(s)
	if runes := []rune(s); len(runes) > most {
		return string(runes[:most-1]) + "…"
	}
	return s
}

// printable takes out what would act on a terminal: texts of mails are foreign.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if r == '\n' || r == '\t' {
			return ' '
		}
		if r < ' ' || r >= 0x7f && r < 0xa0 || r >= 0x202a && r <= 0x202e || r >= 0x2066 && r <= 0x2069 {
			return -1
		}
		return r
	}, s)
}

// printableText is printable for a text of several lines.
func printableText(s string) string {
	lines := strings.Split(s, "\n")
	for i, line := range lines {
		lines[i] = printable(line)
	}
	return strings.Join(lines, "\n")
}

func stateWords(c *casefile.Case) string {
	words := string(c.State)
	for _, flag := range c.Flags {
		words += " " + string(flag)
	}
	return words
}

func ago(now, then time.Time) string {
	switch d := now.Sub(then); {
	case d < time.Minute:
		return "just now"
	case d < time.Hour:
		return fmt.Sprintf("%d min ago", int(d.Minutes()))
	case d < 48*time.Hour:
		return fmt.Sprintf("%d h ago", int(d.Hours()))
	default:
		return fmt.Sprintf("%d days ago", int(d.Hours()/24))
	}
}

func dueWords(now time.Time, c *casefile.Case) string {
	switch d := c.DueAt.Sub(now); {
	case c.DueAt.IsZero():
		return ""
	case d < 0:
		return "overdue"
	case d < time.Hour:
		return fmt.Sprintf("in %d min", int(d.Minutes()))
	case d < 48*time.Hour:
		return fmt.Sprintf("in %d h", int(d.Hours()))
	default:
		return fmt.Sprintf("in %d days", int(d.Hours()/24))
	}
}

// caseRef and caseAs are what the commands on one case have in common.
type caseRef struct {
	Ref string `arg:"" help:"The case, e.g. CC-4821-K7RQ9."`
}

type caseAs struct {
	As string `required:"" placeholder:"EMAIL" help:"The consultant who does it."`
}

type caseFile struct {
	File string `required:"" placeholder:"FILE|-" help:"The text, from a file or - for standard input; never as an argument."`
}

type caseResult struct {
	JSON bool `help:"Print the case and its newest mail as an object."`
}

// textLimit is more than any letter, and less than what would be a file given by mistake.
const textLimit = 256 << 10

// text reads a letter or note from a file or from standard input.
func (c *console) text(file string) (string, error) {
	r := c.in
	if file != "-" {
		f, err := os.Open(file)
		if err != nil {
			return "", usageError(fmt.Sprintf("the text cannot be read: %v", err))
		}
		defer f.Close()
		r = f
	} else if c.terminal {
		c.note("Type the text; Ctrl-D ends it.")
	}
	b, err := io.ReadAll(io.LimitReader(r, textLimit+1))
	if err != nil {
		return "", fmt.Errorf("read the text: %w", err)
	}
	if len(b) > textLimit {
		return "", usageError("the text is longer than 256 KiB: this seems to be another file")
	}
	return strings.ToValidUTF8(strings.ReplaceAll(string(b), "\r\n", "\n"), "\uFFFD"), nil
}

// act runs one decision of a consultant on a case and prints what became of it.
func (c *console) act(ref, as string, result caseResult, done string, f func(b *bureau, ref string, user int64) error) error {
	ref = canonicalRef(ref)
	return c.withBureau(func(b *bureau) error {
		user, err := b.consultant(c.ctx, as)
		if err != nil {
			return err
		}
		if err := f(b, ref, user.ID); err != nil {
			return b.plainly(ref, err)
		}
		view, err := b.line.Files().Get(c.ctx, ref)
		if err != nil {
			return b.plainly(ref, err)
		}
		if !result.JSON {
			c.printf("%s\n", strings.NewReplacer("REF", view.Ref, "ASKER", printable(view.Asker.Address)).Replace(done))
			return nil
		}
		return json.NewEncoder(c.out).Encode(b.outcomeJSON(view))
	})
}

type caseClaimCommand struct {
	caseRef
	caseAs
	caseResult
}

// Run claims a case.
func (k *caseClaimCommand) Run(c *console) error {
	return c.act(k.Ref, k.As, k.caseResult, "REF is in your hands.", func(b *bureau, ref string, user int64) error {
		return b.line.Office().Claim(c.ctx, ref, user)
	})
}

type caseAnswerCommand struct {
	caseRef
	caseAs
	caseFile
	caseResult
}

// Run sends an answer.
func (k *caseAnswerCommand) Run(c *console) error {
	body, err := c.text(k.File)
	if err != nil {
		return err
	}
	return c.act(k.Ref, k.As, k.caseResult, "REF is answered; the running `serve` sends the mail to ASKER.", func(b *bureau, ref string, user int64) error {
		return b.line.Office().Answer(c.ctx, ref, user, body, 0)
	})
}

type caseAskCommand struct {
	caseRef
	caseAs
	caseFile
	caseResult
}

// Run asks back.
func (k *caseAskCommand) Run(c *console) error {
	body, err := c.text(k.File)
	if err != nil {
		return err
	}
	return c.act(k.Ref, k.As, k.caseResult, "REF waits for ASKER; the running `serve` sends the question.", func(b *bureau, ref string, user int64) error {
		return b.line.Office().Ask(c.ctx, ref, user, body, 0)
	})
}

type caseNoteCommand struct {
	caseRef
	caseAs
	caseFile
	caseResult
}

// Run keeps a note.
func (k *caseNoteCommand) Run(c *console) error {
	body, err := c.text(k.File)
	if err != nil {
		return err
	}
	return c.act(k.Ref, k.As, k.caseResult, "The note stands in REF.", func(b *bureau, ref string, user int64) error {
		return b.line.Office().Note(c.ctx, ref, user, body)
	})
}

type caseCloseCommand struct {
	caseRef
	caseAs
	File string `placeholder:"FILE|-" help:"The reason, for the history, from a file or - for standard input."`
	caseResult
}

// Run closes a case.
func (k *caseCloseCommand) Run(c *console) error {
	reason := ""
	if k.File != "" {
		text, err := c.text(k.File)
		if err != nil {
			return err
		}
		reason = strings.TrimSpace(text)
	}
	return c.act(k.Ref, k.As, k.caseResult, "REF is closed.", func(b *bureau, ref string, user int64) error {
		return b.line.Office().Close(c.ctx, ref, user, reason)
	})
}

type caseVerifyCommand struct {
	Ref  []string `arg:"" optional:"" help:"The cases; all if none is named."`
	JSON bool     `help:"One object a line."`
}

// verifyJSON is a line of `case verify --json`.
type verifyJSON struct {
	Ref    string `json:"ref"`
	Whole  bool   `json:"whole"`
	Events int64  `json:"events"`
	Purged int64  `json:"purged"`
	Broken int64  `json:"broken"`
	Why    string `json:"why"`
}

// Run verifies histories.
func (k *caseVerifyCommand) Run(c *console) error {
	return c.withBureau(func(b *bureau) error {
		encoder := json.NewEncoder(c.out)
		var checked, events, broken int64
		verify := func(ref string) error {
			v, err := b.line.Files().Verify(c.ctx, ref)
			if err != nil {
				return b.plainly(ref, err)
			}
			checked, events = checked+1, events+v.Events
			if v.Broken != 0 {
				broken++
			}
			switch {
			case k.JSON:
				return encoder.Encode(verifyJSON{ref, v.Broken == 0, v.Events, v.Purged, v.Broken, v.Why})
			case v.Broken != 0:
				c.printf("%s  BROKEN at event %d: %s\n", ref, v.Broken, v.Why)
			case len(k.Ref) > 0:
				c.printf("%s  %d events, unbroken, %d of them with their detail purged\n", ref, v.Events, v.Purged)
			}
			return nil
		}
		for _, ref := range k.Ref {
			if err := verify(canonicalRef(ref)); err != nil {
				return err
			}
		}
		if len(k.Ref) == 0 {
			if err := b.each(c.ctx, casefile.Filter{}, 0, func(one *casefile.Case) error { return verify(one.Ref) }); err != nil {
				return err
			}
		}
		if !k.JSON {
			c.printf("%d cases with %d events checked, %d broken.\n", checked, events, broken)
			c.printf("Proven: no event of these was changed, removed or added by anyone without the installation's key.\n")
			c.printf("Not proven: that whole cases, or the last events of a case together with the case's own row, were not removed by someone who has the key.\n")
		}
		if broken > 0 {
			return silent{1}
		}
		return nil
	})
}
