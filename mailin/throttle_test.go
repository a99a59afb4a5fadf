package mailin

import (
	"testing"
	"time"
)

func TestAsksForPatience(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		code, text string
		asks       bool
		wait       time.Duration
	}{
		{"THROTTLED", "", true, 0},
		{"ALERT", "Too many simultaneous connections. (Failure)", true, 0},
		{"", "Account exceeded command or bandwidth limits. (Failure)", true, 0},
		{"", "Request is throttled. Suggested Backoff Time: 299961 milliseconds", true, 299961 * time.Millisecond},
		{"", "Throttled, back off time 30 seconds", true, 30 * time.Second},
		{"", "Request is throttled. Suggested Backoff Time: 9999999999 milliseconds", true, time.Hour},
		{"", "User is authenticated but not connected.", true, 0},
		{"", "Server Unavailable. 15", true, 0},
		{"LIMIT", "Rate limit hit.", true, 0},
		{"UNAVAILABLE", "Maximum number of connections from user+IP exceeded (mail_max_userip_connections=10)", true, 0},
		{"UNAVAILABLE", "Temporary authentication failure", false, 0},
		{"LIMIT", "too many keywords in this folder", false, 0},
		{"AUTHENTICATIONFAILED", "too many login attempts with a wrong password", false, 0},
		{"OVERQUOTA", "try again later, server busy", false, 0},
		{"", "LOGIN failed.", false, 0},
		{"", "Mailbox does not exist", false, 0},
		{"", "", false, 0},
	} {
		if asks, wait := asksForPatience(test.code, test.text); asks != test.asks || wait != test.wait {
			t.Errorf("[%s] %s: %v, %v; want %v, %v", test.code, test.text, asks, wait, test.asks, test.wait)
		}
	}
}

// The wait before an attempt doubles from the least to the longest, by chance up to half of it less, and never overflows.
func TestBackoff(t *testing.T) {
	t.Parallel()
	w := &Watcher{cfg: Config{Timings: Timings{BackoffMin: time.Second, BackoffMax: 5 * time.Minute}}}
	for failures, longest := range map[int]time.Duration{1: time.Second, 2: 2 * time.Second, 5: 16 * time.Second, 9: 256 * time.Second, 10: 5 * time.Minute, 1_000_000: 5 * time.Minute} {
		seen := make(map[time.Duration]bool)
		for range 50 {
			wait := w.backoff(failures)
			seen[wait] = true
			if wait < longest/2 || wait > longest {
				t.Errorf("after %d failures %v, want %v to %v", failures, wait, longest/2, longest)
			}
		}
		if len(seen) < 10 {
			t.Errorf("after %d failures always the same wait", failures)
		}
	}
}
