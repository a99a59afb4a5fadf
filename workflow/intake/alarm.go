package intake

import (
	"cmp"
	"slices"
	"time"

	"caseconsultant/mailin"
)

// Folder names one watched folder: the operator's name of the mailbox, and the folder in it.
type Folder struct{ Mailbox, Folder string }

// Alarm is why a person should look after a mailbox now. It hangs on what has not happened, so that it also rings when the process that
// should report trouble is the one in trouble. The strings go into metrics and log lines.
type Alarm string

// What an alarm says.
const (
	// AlarmRefused: the server has refused the credentials several times.
	AlarmRefused Alarm = "refused"
	// AlarmSilent: the server has not answered a look for new mail for too long, or never.
	AlarmSilent Alarm = "silent"
	// AlarmUnproven: mail is looked for, but no full reconciliation has come to its end for too long, or ever.
	AlarmUnproven Alarm = "unproven"
)

// How long a mailbox may go without.
const (
	// SilentAfter is for one that is not connected: long enough for a server's restart, short enough to be told within minutes.
	SilentAfter = 5 * time.Minute
	// SilentWhileConnected: between two looks lie one IDLE of up to nine minutes and an answer.
	SilentWhileConnected = 15 * time.Minute
	// UnprovenAfter is three sweeps that should have been.
	UnprovenAfter = 3 * time.Hour
)

// Expect says which folders are to be watched, by whatever process, from this moment on: alarms are about these alone. A folder taken out of
// the configuration rests in peace.
func (l *Ledger) Expect(folders []Folder) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.expected, l.since = slices.Clone(folders), l.db.Now()
}

// judge adds expected folders that were never reached, and sets the alarms.
func (l *Ledger) judge(list []Mailbox) []Mailbox {
	l.mu.Lock()
	expected, since := l.expected, l.since
	l.mu.Unlock()
	now := l.db.Now()
	for _, folder := range expected {
		at := slices.IndexFunc(list, func(m Mailbox) bool { return m.Name == folder.Mailbox && m.Folder == folder.Folder })
		if at < 0 {
			at = len(list)
			list = append(list, Mailbox{Name: folder.Mailbox, Folder: folder.Folder})
		}
		list[at].ExpectedSince = since
		list[at].Alarm = list[at].alarm(now)
	}
	slices.SortStableFunc(list, func(a, b Mailbox) int { return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.Folder, b.Folder)) })
	return list
}

// alarm judges one mailbox that is to be watched.
func (m Mailbox) alarm(now time.Time) Alarm {
	if m.State == string(mailin.StateSignInRefused) {
		return AlarmRefused
	}
	patience := SilentAfter
	if m.Connected() {
		patience = SilentWhileConnected
	}
	// What lies before the beginning is forgiven for a moment: after a start, the first look takes a few seconds.
	looked := m.LastLook()
	if looked.Before(m.ExpectedSince) {
		looked = m.ExpectedSince
	}
	switch {
	case now.Sub(looked) > patience:
		return AlarmSilent
	case now.Sub(m.LastProof()) > UnprovenAfter && now.Sub(m.ExpectedSince) > SilentWhileConnected:
		return AlarmUnproven
	}
	return ""
}

// Connected tells whether the watcher said last that it had a working connection.
func (m Mailbox) Connected() bool { return mailin.Health{State: mailin.State(m.State)}.Connected() }

// LastLook is when the server last answered a look for new mail; ExpectedSince, if it never did.
func (m Mailbox) LastLook() time.Time {
	if m.LookedAt.IsZero() {
		return m.ExpectedSince
	}
	return m.LookedAt
}

// LastProof is when the last full reconciliation began that came to its end; ExpectedSince, if none did.
func (m Mailbox) LastProof() time.Time {
	if m.SweptAt.IsZero() {
		return m.ExpectedSince
	}
	return m.SweptAt
}
