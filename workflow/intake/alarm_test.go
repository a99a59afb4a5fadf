package intake

import (
	"testing"
	"time"
)

func TestAlarm(t *testing.T) {
	t.Parallel()
	start := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	after := func(d time.Duration) time.Time { return start.Add(d) }
	for name, test := range map[string]struct {
		box  Mailbox
		now  time.Duration // since the start
		want Alarm
	}{
		"NeverReachedYet":        {Mailbox{}, 4 * time.Minute, ""},
		"NeverReached":           {Mailbox{}, 6 * time.Minute, AlarmSilent},
		"Retrying":               {Mailbox{State: "retrying", LookedAt: after(10 * time.Minute)}, 14 * time.Minute, ""},
		"RetryingForLong":        {Mailbox{State: "retrying", LookedAt: after(10 * time.Minute)}, 16 * time.Minute, AlarmSilent},
		"ConnectingForLong":      {Mailbox{State: "connecting", LookedAt: after(10 * time.Minute)}, 16 * time.Minute, AlarmSilent},
		"NobodyWatches":          {Mailbox{State: "stopped", LookedAt: after(-time.Hour)}, 6 * time.Minute, AlarmSilent},
		"Refused":                {Mailbox{State: "sign_in_refused", LookedAt: after(0)}, time.Minute, AlarmRefused},
		"InIdle":                 {Mailbox{State: "idle", LookedAt: after(time.Hour), SweptAt: after(time.Hour)}, time.Hour + 12*time.Minute, ""},
		"HangsInIdle":            {Mailbox{State: "idle", LookedAt: after(time.Hour), SweptAt: after(time.Hour)}, time.Hour + 16*time.Minute, AlarmSilent},
		"HangsWhileReading":      {Mailbox{State: "catching_up", LookedAt: after(time.Hour), SweptAt: after(time.Hour)}, time.Hour + 16*time.Minute, AlarmSilent},
		"JustStartedAfterDays":   {Mailbox{State: "connecting", LookedAt: after(-48 * time.Hour), SweptAt: after(-48 * time.Hour)}, time.Minute, ""},
		"StartedAfterDaysIsDead": {Mailbox{State: "connecting", LookedAt: after(-48 * time.Hour), SweptAt: after(-48 * time.Hour)}, 6 * time.Minute, AlarmSilent},
		"LooksButProvesNothing":  {Mailbox{State: "idle", LookedAt: after(4 * time.Hour), SweptAt: after(30 * time.Minute)}, 4 * time.Hour, AlarmUnproven},
		"NeverProven":            {Mailbox{State: "polling", LookedAt: after(4 * time.Hour)}, 4 * time.Hour, AlarmUnproven},
		"Proven":                 {Mailbox{State: "polling", LookedAt: after(4 * time.Hour), SweptAt: after(2 * time.Hour)}, 4 * time.Hour, ""},
	} {
		test.box.ExpectedSince = start
		if got := test.box.alarm(after(test.now)); got != test.want {
			t.Errorf("%s: %q, want %q", name, got, test.want)
		}
	}
}
