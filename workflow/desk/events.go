package desk

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"time"
)

const (
	heartbeat  = 20 * time.Second // under the idle limits of usual proxies
	streamLife = 10 * time.Minute // then the browser asks again, and the session is looked at anew
	writeLimit = 10 * time.Second // for one event to a browser that does not read
)

// changed is one event: that something changed, never what. Pages then read again what they show.
type changed struct {
	Seq  int64    `json:"seq"`
	Refs []string `json:"refs"`
}

// events sends server-sent events (WHATWG HTML, section 9.2). The id of each is the sequence number, so that a browser
// that was cut off goes on where it was.
func (d *Desk) events(c *call) error {
	if d.Changes == nil {
		return errNoPage
	}
	since, _ := strconv.ParseInt(c.r.URL.Query().Get("since"), 10, 64)
	if last, err := strconv.ParseInt(c.r.Header.Get("Last-Event-ID"), 10, 64); err == nil {
		since = last
	}
	ctx, cancel := context.WithTimeout(c.ctx(), streamLife)
	defer cancel()
	if since <= 0 {
		var err error
		if since, _, err = d.Changes.Wait(ctx, 0); err != nil {
			return err
		}
	}
	h := c.w.Header()
	h.Set("Content-Type", "text/event-stream")
	h.Set("Cache-Control", "no-store")
	h.Set("X-Accel-Buffering", "no") // nginx would keep events back
	stream := http.NewResponseController(c.w)
	send := func(format string, args ...any) error {
		// A server without deadlines is fine: the limit is against browsers that stopped reading.
		if err := stream.SetWriteDeadline(time.Now().Add(writeLimit)); err != nil && !errors.Is(err, http.ErrNotSupported) {
			return err
		}
		if _, err := fmt.Fprintf(c.w, format, args...); err != nil {
			return err
		}
		return stream.Flush()
	}
	if err := send("retry: 2000\nid: %d\n\n", since); err != nil {
		return nil
	}
	for {
		seq, refs, err := d.wait(ctx, since)
		switch {
		case ctx.Err() != nil:
			return nil // the browser left, or asks again
		case errors.Is(err, context.DeadlineExceeded):
			if send(": still here\n\n") != nil {
				return nil
			}
			continue
		case err != nil:
			d.Log.ErrorContext(ctx, "Live updates were interrupted", "error", err)
			return nil // the browser asks again
		}
		if refs == nil {
			refs = []string{}
		}
		data, err := json.Marshal(changed{seq, refs})
		if err != nil {
			return nil
		}
		since = seq
		if send("id: %d\nevent: changed\ndata: %s\n\n", seq, data) != nil {
			return nil
		}
	}
}

func (d *Desk) wait(ctx context.Context, since int64) (int64, []string, error) {
	ctx, cancel := context.WithTimeout(ctx, heartbeat)
	defer cancel()
	return d.Changes.Wait(ctx, since)
}
