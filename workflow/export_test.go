package workflow

import (
	"context"
	"encoding/json"
	"time"

	"github.com/riverqueue/river/riverdriver"
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
