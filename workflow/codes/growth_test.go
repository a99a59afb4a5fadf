//go:build unix

package codes

import (
	"syscall"
	"testing"
	"time"
)

// cpu is the processor time that this process has used: on a busy machine it
// says more than the clock on the wall.
func cpu(t testing.TB) time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		t.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// cost is the least processor time of a few runs of f.
func cost(t testing.TB, f func()) time.Duration {
	best := time.Hour
	for range 3 {
		start := cpu(t)
		f()
		best = min(best, cpu(t)-start)
		if best > time.Second {
			break
		}
	}
	return best
}

// TestTimeGrowsWithTheTextAlone: eight times the text may cost eight times as
// much, and is given three times that for noise; a quadratic rule would cost 64
// times as much. It does not run beside other tests.
func TestTimeGrowsWithTheTextAlone(t *testing.T) {
	if testing.Short() {
		t.Skip("measures time")
	}
	for name, unit := range hostile {
		small, large := repeated(unit, 32<<10), repeated(unit, 256<<10)
		a := cost(t, func() { Find(small, Options{}) })
		b := cost(t, func() { Find(large, Options{}) })
		if b > 24*a && b > 100*time.Millisecond {
			t.Errorf("Find, %s: %v for 32 KB, %v for 256 KB", name, a, b)
		}
		small, large = repeated(unit, 8<<10), repeated(unit, 64<<10)
		src := func(text string) []Source { return []Source{{Source: "reply", Text: text}} }
		a = cost(t, func() { Read(src(small), time.Time{}, Options{}) })
		b = cost(t, func() { Read(src(large), time.Time{}, Options{}) })
		if b > 24*a && b > 100*time.Millisecond {
			t.Errorf("Read, %s: %v for 8 KB, %v for 64 KB", name, a, b)
		}
	}
}

// TestSpeedOnProse keeps the scanner above 100 MB a second of a core; the
// bound leaves room for slow machines.
func TestSpeedOnProse(t *testing.T) {
	if testing.Short() {
		t.Skip("measures time")
	}
	text := repeated(prose, 4<<20)
	d := cost(t, func() { Find(text, Options{}) })
	rate := float64(len(text)) / d.Seconds() / 1e6
	t.Logf("%.0f MB/s of prose on one core", rate)
	if rate < 40 {
		t.Errorf("%.0f MB/s of prose", rate)
	}
}
