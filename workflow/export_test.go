package workflow

import (
	"context"
	"encoding/json"
	"io"
	"time"

	"github.com/riverqueue/river/riverdriver"

	"caseconsultant/mailin/message"
	"caseconsultant/workflow/store"
)

// WakesRiver tells whether a listener of the line's driver returns when the line's own commit has inserted a job.
func WakesRiver(ctx context.Context, l *Line) bool {
	driver, ok := l.client.Driver().(*wakingDriver)
	if !ok {
		return false
	}
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	listener := driver.GetListener(&riverdriver.GetListenenerParams{})
	if listener.Connect(ctx) != nil || listener.Listen(ctx, topicInsert) != nil {
		return false
	}
	defer listener.Close(ctx)
	l.wake.queue(queueLine)
	notification, err := listener.WaitForNotification(ctx)
	if err != nil || notification.Topic != topicInsert {
		return false
	}
	var payload struct{ Queue string }
	return json.Unmarshal([]byte(notification.Payload), &payload) == nil && payload.Queue == queueLine
}

// SetParser replaces what takes mails apart.
func (l *Line) SetParser(parse func(io.Reader, message.Options) (*message.Message, error)) {
	l.parse = parse
}

// SetTimes replaces how long a step may run, and for how long a job must have been without a worker to count as lost.
func (l *Line) SetTimes(timeout, lostAfter time.Duration) {
	l.timeout, l.lostAfter = timeout, lostAfter
}

// ClientID names a process to River.
func ClientID(process int64) string { return clientID(process) }

// OutcomeOf says in a word what becomes of a job whose step returned err.
func OutcomeOf(ctx context.Context, err error) string {
	return [...]string{done: "done", giveBack: "give back", riverRetries: "River retries", rowRetries: "row retries"}[outcomeOf(ctx, err)]
}

// ErrorCode is what may be shown of an error.
func ErrorCode(err error) string { return errorCode(err) }

// ReadNow reads a kept mail without a job.
func (l *Line) ReadNow(ctx context.Context, entryID int64) error {
	entry, err := l.ledger.Pending(ctx, entryID)
	if err != nil {
		return err
	}
	mail, err := l.readMail(ctx, entry)
	if err != nil {
		return err
	}
	defer mail.close()
	return l.db.InTx(ctx, func(tx *store.Tx) error { return l.keepMail(ctx, tx, entry, mail) })
}
