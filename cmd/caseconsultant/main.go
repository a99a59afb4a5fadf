// Command caseconsultant is the whole product in one program: it watches a consultancy's mailboxes, answers each coding
// question with what the codebook holds, and gives it to a consultant, whose answer goes back by mail.
//
// This package is where everything is put together and where nothing else happens: the configuration (config*.go), the
// Program that `serve` runs (program.go), and one file a command. The world it lives in is a machine of a small firm:
// it must say plainly what is wrong with a configuration, a password, a server, and it must stop and start again at any
// moment. It may touch all rooms of the house; nothing imports it.
//
// Commands are read by kong. Each is a struct with its flags and a method Run that gets a console: the streams, the
// context, the configuration's name. Tests run them in-process through run.
//
// The exit status is 0 when it was done, 1 when it failed, 2 for wrong usage or configuration.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/signal"
	"strings"
	"syscall"
	_ "time/tzdata" // business hours need time zones on machines that have none

	"github.com/alecthomas/kong"
	"golang.org/x/term"

	"caseconsultant/mailin/document"
	"caseconsultant/workflow/casefile"
	"caseconsultant/workflow/codes"
)

// commands is the command line.
type commands struct {
	Config string `placeholder:"FILE" env:"CASECONSULTANT_CONFIG" default:"caseconsultant.toml" help:"The configuration file (or CASECONSULTANT_CONFIG)."`

	Serve  serveCommand  `cmd:"" help:"Watch the mailboxes, run the line, serve the desk."`
	Demo   demoCommand   `cmd:"" help:"Show everything on this machine alone: mail servers, sample mails, the desk."`
	Init   initCommand   `cmd:"" help:"Write a configuration for your mailbox and make the key."`
	Doctor doctorCommand `cmd:"" help:"Check the configuration, the database, the mail servers, and say what to do."`

	Inspect inspectCommand `cmd:"" help:"Show how mails in files would be read. Needs no configuration."`
	Lookup  lookupCommand  `cmd:"" help:"Say what the codebook holds about codes. Needs no configuration."`
	Search  searchCommand  `cmd:"" help:"Find codes by words. Needs no configuration."`
	Fee     feeCommand     `cmd:"" help:"Work out the Medicare allowed amount of codes, step by step. Needs no configuration."`
	Codes   codesCommand   `cmd:"" help:"Build a codebook from official files, or say what is in one."`

	Case      caseCommand      `cmd:"" help:"List, show, claim and answer cases."`
	User      userCommand      `cmd:"" help:"Add, list and disable those who may sign in at the desk."`
	Reconcile reconcileCommand `cmd:"" help:"Prove that no mail was skipped, and fetch what was."`
	Bench     benchCommand     `cmd:"" help:"Measure the way of a mail to its summary, beside a bare loop."`
	Migrate   migrateCommand   `cmd:"" help:"Bring the database to this version. serve does so too."`
}

// console is what a command talks to.
type console struct {
	ctx      context.Context
	in       io.Reader
	out, err io.Writer
	terminal bool   // out is a terminal, and in too: a person can be asked
	config   string // the configuration's file name

	transport http.RoundTripper // of codes fetch; nil is the real network
}

// printf writes to standard output. A broken pipe ends the command at its next real work; it is no error of its own.
func (c *console) printf(format string, args ...any) { fmt.Fprintf(c.out, format, args...) }

// note writes to standard error, beside the result.
func (c *console) note(format string, args ...any) { fmt.Fprintf(c.err, format+"\n", args...) }

// usageError is wrong usage: exit status 2.
type usageError string

func (e usageError) Error() string { return string(e) }

// silent is a failure that has been told already.
type silent struct{ status int }

func (e silent) Error() string { return fmt.Sprintf("exit status %d", e.status) }

// exited carries kong's wish to exit (after --help) out of its parser.
type exited int

func main() {
	document.ChildIfAsked()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	// The first signal asks for a clean stop; with the handler gone, a second one ends the program at once.
	context.AfterFunc(ctx, stop)
	c := &console{ctx: ctx, in: os.Stdin, out: os.Stdout, err: os.Stderr,
		terminal: term.IsTerminal(int(os.Stdin.Fd())) && term.IsTerminal(int(os.Stdout.Fd()))}
	os.Exit(run(c, os.Args[1:]))
}

// run reads a command line, runs the command and returns the exit status.
func run(c *console, args []string) (status int) {
	defer func() {
		if code, ok := recover().(exited); ok {
			status = int(code)
		}
	}()
	var cli commands
	parser, err := kong.New(&cli,
		kong.Name("caseconsultant"),
		kong.Description("Medical coding consultation by email: an instant summary from the codebook, then a consultant's answer."),
		kong.Writers(c.out, c.err),
		kong.Exit(func(code int) { panic(exited(code)) }),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true}),
		kong.Bind(c),
		kong.Vars{"case_states": strings.Join(stringsOf(casefile.States), ", "), "systems": strings.Join(stringsOf(codes.Systems()), ", ")},
	)
	if err != nil {
		c.note("caseconsultant: %v", err)
		return 1
	}
	if len(args) == 0 {
		args = []string{"--help"}
	}
	parsed, err := parser.Parse(args)
	if err != nil {
		c.note("caseconsultant: %v (caseconsultant --help shows what there is)", err)
		return 2
	}
	c.config = cli.Config
	return c.status(parsed.Run())
}

// status tells the person what went wrong, and returns the exit status for it.
func (c *console) status(err error) int {
	var config *ConfigError
	var usage usageError
	var told silent
	switch {
	case err == nil:
		return 0
	case errors.As(err, &told):
		return told.status
	case errors.As(err, &config):
		c.note("%v", err)
		return 2
	case errors.As(err, &usage):
		c.note("caseconsultant: %v", err)
		return 2
	case errors.Is(err, context.Canceled) && c.ctx.Err() != nil:
		c.note("caseconsultant: interrupted")
		return 1
	}
	c.note("caseconsultant: %s", strings.TrimSpace(err.Error()))
	return 1
}
