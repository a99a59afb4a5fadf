package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"caseconsultant/mailin"
)

type reconcileCommand struct {
	JSON bool          `help:"One object with the proof and each mailbox's sweep."`
	Wait time.Duration `default:"10m" help:"How long a sweep may take."`
}

// proof is what `reconcile --json` prints.
type proof struct {
	Kept    int      `json:"kept"`    // mails whose bytes are kept
	Settled int      `json:"settled"` // of them, with a message or a named reason
	Waiting int      `json:"waiting"` // of them, still to be read
	Lost    []string `json:"lost"`    // ids of ledger entries that are neither; must be empty

	Mailboxes []reconciled `json:"mailboxes"`
}

// Run proves both halves: that every mail that the servers list has a row in the ledger, by a sweep, and that every row
// with bytes has a message, a reason, or waits. The sweep is made by the process that watches the mailboxes, or, where
// none does, by this one.
func (r *reconcileCommand) Run(c *console) error {
	cfg, err := LoadConfig(c.config)
	if err != nil {
		return err
	}
	return c.withBureau(func(b *bureau) error {
		ctx, cancel := context.WithTimeout(c.ctx, r.Wait)
		defer cancel()
		p := proof{Lost: []string{}}
		if p.Mailboxes, err = r.sweep(ctx, cfg, b); err != nil {
			return err
		}
		ledger, err := b.line.Ledger().Prove(c.ctx)
		if err != nil {
			return err
		}
		p.Kept, p.Settled, p.Waiting = ledger.Kept, ledger.Settled, ledger.Waiting
		for _, entry := range ledger.Lost {
			p.Lost = append(p.Lost, id(entry))
		}
		if r.JSON {
			if err := json.NewEncoder(c.out).Encode(p); err != nil {
				return fmt.Errorf("write the proof: %w", err)
			}
		} else {
			p.show(c)
		}
		if !p.holds() {
			return silent{1}
		}
		return nil
	})
}

func (r *reconcileCommand) sweep(ctx context.Context, cfg *Config, b *bureau) ([]reconciled, error) {
	watched, err := watchedElsewhere(ctx, b)
	if err != nil {
		return nil, err
	}
	if watched {
		results, err := askServe(ctx, cfg)
		if err != nil {
			return nil, fmt.Errorf("another process watches the mailboxes, and its admin address %s did not take the order: %w (run reconcile on the machine where it runs, or stop it first)", cfg.Admin.Listen, err)
		}
		return results, nil
	}
	if err := cfg.checkSecrets(); err != nil {
		return nil, err
	}
	var results []reconciled
	for i := range cfg.Mailboxes {
		m := &cfg.Mailboxes[i]
		one := reconciled{Mailbox: m.Name, Folder: m.Folder}
		watcher, err := mailin.New(m.watcher(cfg.Limits), b.line.Ledger())
		if err != nil {
			return nil, err
		}
		sweep, err := watcher.Once(ctx)
		if err != nil {
			one.Error = sweepError(err)
		} else {
			one.Sweep = &sweep
		}
		results = append(results, one)
	}
	return results, nil
}

// watchedElsewhere tells whether a living process holds a mailbox. A dead one's lease counts for nothing; whether a
// process on PostgreSQL is dead shows only when its beat stands still, which Once then waits for.
func watchedElsewhere(ctx context.Context, b *bureau) (bool, error) {
	boxes, err := b.line.Ledger().Mailboxes(ctx)
	if err != nil {
		return false, err
	}
	census, err := b.db.NewObserver().Census(ctx)
	if err != nil {
		return false, err
	}
	for _, box := range boxes {
		if box.Owner != 0 && census.Lives(box.Owner) {
			return true, nil
		}
	}
	return false, nil
}

// askServe gives the order to the process that listens on the admin address of the same configuration.
func askServe(ctx context.Context, cfg *Config) ([]reconciled, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://"+string(cfg.Admin.Listen)+"/reconcile", nil)
	if err != nil {
		return nil, err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return nil, errors.New("it cannot be reached")
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		text, _ := io.ReadAll(io.LimitReader(response.Body, 500))
		return nil, fmt.Errorf("status %d, %s", response.StatusCode, printable(string(text)))
	}
	var results []reconciled
	if err := json.NewDecoder(response.Body).Decode(&results); err != nil {
		return nil, fmt.Errorf("its answer cannot be read: %w", err)
	}
	return results, nil
}

// holds tells whether nothing is missing: every mailbox was swept and no mail without a row remained, none is lost.
func (p proof) holds() bool {
	for _, m := range p.Mailboxes {
		if m.Sweep == nil || m.Sweep.Waiting > 0 {
			return false
		}
	}
	return len(p.Lost) == 0
}

func (p proof) show(c *console) {
	for _, m := range p.Mailboxes {
		if m.Sweep == nil {
			c.printf("%s, %s: not swept: %s\n", m.Mailbox, m.Folder, m.Error)
			continue
		}
		s := m.Sweep
		c.printf("%s, %s: the server lists %d mails; %d had no row, %d of them were fetched now, %d remain.\n", m.Mailbox, m.Folder, s.Listed, s.Holes, s.Delivered, s.Waiting)
		if s.Gone > 0 {
			c.printf("   %d mails have left the folder since the last sweep; what was kept of them stays.\n", s.Gone)
		}
		if s.Refused > 0 {
			c.printf("   The server refused to mark %d mails; it is tried again.\n", s.Refused)
		}
	}
	c.printf("Ledger: %d mails kept, %d settled, %d waiting to be read, %d lost.\n", p.Kept, p.Settled, p.Waiting, len(p.Lost))
	for _, entry := range p.Lost {
		c.printf("   entry %s has neither a message nor a reason: please report this as a bug.\n", entry)
	}
	if p.holds() {
		c.printf("Proven: no mail was skipped.\n")
	}
}
