package main

import (
	"context"
	"log/slog"
	"os"
	"os/signal"
	"syscall"
	"time"
)

// bookEvery is how often the codebook's file is looked at: a stat(2), so that nobody has to restart or signal anything after codes build.
const bookEvery = 3 * time.Second

// bookLooks takes a new codebook in, and says in the log when one cannot be used: when that begins, and every hour while it lasts.
type bookLooks struct {
	program *Program
	log     *slog.Logger
	told    time.Time
}

func (b *bookLooks) look(ctx context.Context) error {
	p := b.program
	changed, err := p.book.Look(ctx)
	if ctx.Err() != nil {
		return nil
	}
	since, fault := p.book.Fault()
	switch now := p.db.Now(); {
	case changed:
		b.log.Info("A new codebook answers", "releases", len(p.book.Releases()))
	case err != nil || fault != nil && now.Sub(b.told) >= tellAgain:
		b.told = now
		b.log.Error("The codebook's file cannot be used: the one before it goes on answering", "error", fault, "since", since.UTC().Format(time.RFC3339))
	}
	return nil
}

// lookOnHangup looks at once when the process gets SIGHUP, by which operators ask programs to read their files again.
func (p *Program) lookOnHangup() (stop func()) {
	hangups := make(chan os.Signal, 1)
	signal.Notify(hangups, syscall.SIGHUP)
	p.tasks.Go(func() {
		looks := &bookLooks{program: p, log: p.log}
		for {
			select {
			case <-p.background.Done():
				return
			case <-hangups:
				_ = looks.look(p.background) // it has told what there is to tell
			}
		}
	})
	return func() { signal.Stop(hangups) }
}

// codebookState is what /readyz says of the codebook. A bad new file does not make the process unready: the old one answers.
type codebookState struct {
	Releases int `json:"releases"`
	// Alarm is why the file at the path is not the one that answers.
	Alarm string     `json:"alarm,omitempty"`
	Since *time.Time `json:"since,omitempty"`
}

func (p *Program) codebookState() *codebookState {
	state := &codebookState{Releases: len(p.book.Releases())}
	if since, fault := p.book.Fault(); fault != nil {
		state.Alarm, state.Since = fault.Error(), &since
	}
	return state
}
