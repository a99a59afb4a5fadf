package main

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"time"

	"caseconsultant/workflow/intake"
)

// expectMailboxes tells the ledger which folders the configuration wants to be watched: alarms are about these.
func (p *Program) expectMailboxes() {
	var folders []intake.Folder
	for _, m := range p.cfg.Mailboxes {
		folders = append(folders, intake.Folder{Mailbox: m.Name, Folder: m.Folder})
	}
	p.line.Ledger().Expect(folders)
}

// alarms says in the log, which is another way than mail, that a mailbox is not read: when it begins, every hour while it lasts, and when it
// is over. Every process looks, whatever its roles: the one that should watch may be the one that does not run.
type alarms struct {
	program *Program
	told    map[string]time.Time // when each mailbox's alarm was last told, by name
}

// tellAgain is how often an alarm that lasts is told.
const tellAgain = time.Hour

func (a *alarms) look(ctx context.Context) error {
	boxes, err := a.program.line.Ledger().Mailboxes(ctx)
	if err != nil {
		return err
	}
	now := a.program.db.Now()
	for _, box := range boxes {
		if box.ExpectedSince.IsZero() {
			continue
		}
		name := box.Name + "/" + box.Folder
		told, ringing := a.told[name]
		switch {
		case box.Alarm == "" && ringing:
			delete(a.told, name)
			a.program.log.Info("The mailbox is being read again", "mailbox", box.Name)
		case box.Alarm != "" && (!ringing || now.Sub(told) >= tellAgain):
			a.told[name] = now
			a.program.log.Error("The mailbox is not being read: look after it", "mailbox", box.Name, "alarm", string(box.Alarm), "state", box.State, "code", box.Code,
				"last_look_ago", now.Sub(box.LastLook()).Round(time.Second), "last_proof_ago", now.Sub(box.LastProof()).Round(time.Second))
		}
	}
	return nil
}

// mailz answers 503 while an alarm hangs on a mailbox, for a monitor that understands no more than a status.
func (a *admin) mailz(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), 5*time.Second)
	defer cancel()
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	boxes, err := a.program.line.Ledger().Mailboxes(ctx)
	if err != nil {
		w.WriteHeader(http.StatusServiceUnavailable)
		fmt.Fprintln(w, "the database does not answer")
		return
	}
	now := a.program.db.Now()
	var text strings.Builder
	for _, box := range boxes {
		if box.Alarm != "" {
			fmt.Fprintf(&text, "%s: %s (%s), last look %v ago, last proof %v ago\n", box.Name, box.Alarm, strings.TrimSpace(box.State+" "+box.Code),
				now.Sub(box.LastLook()).Round(time.Second), now.Sub(box.LastProof()).Round(time.Second))
		}
	}
	if text.Len() > 0 {
		w.WriteHeader(http.StatusServiceUnavailable)
		fmt.Fprint(w, text.String())
		return
	}
	fmt.Fprintln(w, "ok")
}
