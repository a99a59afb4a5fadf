package document

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/iotest"
	"time"
	"unicode/utf8"
)

// hostile are children that do not do what children do. Each runs as a process of its own; see TestMain.
var hostile = map[string]func(settings){
	"exits":   func(settings) {},
	"garbage": func(settings) { say(piece{Ready: true}); fmt.Println("{\"text\":\"kept\"}\n\x00\xff{{{{"); select {} },
	"unknown": func(settings) { say(piece{Ready: true}); fmt.Println(`{"command":"rm"}`); select {} },
	"line": func(settings) {
		say(piece{Ready: true})
		for {
			fmt.Print(strings.Repeat("x", 1<<16))
		}
	},
	"flood": func(settings) {
		say(piece{Ready: true})
		for i := 0; ; i++ {
			name := fmt.Sprintf("page %d %s", i, strings.Repeat("n", 1000))
			say(piece{Section: &name})
			say(piece{Problem: fmt.Sprintf("%d %s", i, strings.Repeat("p", 1000))})
			say(piece{Text: strings.Repeat("€uro", 1000)})
		}
	},
	"hangs": func(settings) {
		say(piece{Ready: true})
		for _, page := range []string{"page 1", "page 2", "page 3"} {
			say(piece{Section: &page})
			if page != "page 3" {
				say(piece{Text: "text of " + page})
			}
		}
		select {}
	},
	"silent": func(settings) { say(piece{Ready: true}); select {} },
	"panics": func(settings) { say(piece{Ready: true}); say(piece{Text: "before"}); panic("text of the document") },
	"dirty": func(settings) {
		say(piece{Ready: true})
		kind, name := Kind("../../etc"), "page\n1\x00\x1b[2J  end"
		say(piece{Kind: &kind})
		say(piece{Section: &name})
		fmt.Println("{\"text\":\"a\xff\\u0000b\\r\"}")
		say(piece{Text: "\nc\rd\x1b[31m\u0085\te"})
		say(piece{Problem: "one\ntwo\x07"})
		say(piece{Done: true})
	},
}

func say(p piece) {
	line, err := json.Marshal(p)
	if err != nil {
		panic(err)
	}
	os.Stdout.Write(append(line, '\n'))
}

func hostileOptions(tb testing.TB, name string) Options {
	return Options{Command: []string{os.Args[0], "hostile-child", name}, TempDir: tb.TempDir(), Limits: Limits{Time: 10 * time.Second}}
}

func TestReadTakesTextFromAChild(t *testing.T) {
	temp := t.TempDir()
	got := readBytes(t, Options{TempDir: temp}, []byte("Is 99213 right\r\nfor this visit?\r\n"))
	if got.Kind != Plain || got.Text != "Is 99213 right\nfor this visit?\n" || len(got.Problems) > 0 {
		t.Errorf("%+v", got)
	}
	if left, _ := os.ReadDir(temp); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}

func TestHostileChildren(t *testing.T) {
	for _, test := range []struct {
		child, text, problem string
	}{
		{"garbage", "kept", "could not be read to its end"},
		{"unknown", "", "could not be read to its end"},
		{"line", "", "could not be read to its end"},
		{"panics", "before", "could not be read to its end"},
	} {
		t.Run(test.child, func(t *testing.T) {
			got := readBytes(t, hostileOptions(t, test.child), []byte("x"))
			if got.Text != test.text || len(got.Problems) != 1 {
				t.Errorf("%+v", got)
			}
			wantProblem(t, got, test.problem)
		})
	}
}

func TestHangingChildIsKilledAndWhatCameIsKept(t *testing.T) {
	opts := hostileOptions(t, "hangs")
	opts.Limits.Time = time.Second
	began := time.Now()
	got := readBytes(t, opts, []byte("x"))
	if got.Text != "text of page 1\ntext of page 2\n" || len(got.Sections) != 3 || got.section("page 2") != "text of page 2\n" {
		t.Errorf("%+v", got)
	}
	wantProblem(t, got, "Only the first 2 pages could be read in the time allowed.")
	if took := time.Since(began); took > time.Minute {
		t.Errorf("took %v", took)
	}
	opts = hostileOptions(t, "silent")
	opts.Limits.Time = 300 * time.Millisecond
	wantProblem(t, readBytes(t, opts, []byte("x")), "could not be read in the time allowed")
}

func TestFloodIsBounded(t *testing.T) {
	opts := hostileOptions(t, "flood")
	opts.Limits.Text = 100_000
	got := readBytes(t, opts, []byte("x"))
	if len(got.Text) > 100_000 || len(got.Text) < 99_990 || !utf8.ValidString(got.Text) {
		t.Errorf("%d bytes of text", len(got.Text))
	}
	if len(got.Sections) > maxSections || len(got.Problems) > maxProblems {
		t.Errorf("%d sections, %d problems", len(got.Sections), len(got.Problems))
	}
	for _, s := range got.Sections {
		if len(s.Name) > maxName || s.Start > len(got.Text) {
			t.Fatalf("section %+v", s)
		}
	}
	wantProblem(t, got, "holds more text")
}

func TestDirtIsCleaned(t *testing.T) {
	got := readBytes(t, hostileOptions(t, "dirty"), []byte("x"))
	if want := "a\ufffdb\nc\nd[31m\te"; got.Text != want {
		t.Errorf("text %q, want %q", got.Text, want)
	}
	if got.Kind != None || got.Sections[0].Name != "page 1 [2J end" || got.Problems[0] != "one two" {
		t.Errorf("%+v", got)
	}
}

func TestErrorsAreOfOurOwn(t *testing.T) {
	read := func(opts Options, content io.Reader) error {
		_, err := NewReader(opts).Read(t.Context(), content, 10, Hint{})
		return err
	}
	if err := read(Options{Command: []string{"/no/such/program"}}, strings.NewReader("x")); err == nil {
		t.Error("no error for a program that is not there")
	}
	if err := read(hostileOptions(t, "exits"), strings.NewReader("x")); err == nil || !strings.Contains(err.Error(), "ChildIfAsked") {
		t.Errorf("a program that is no child: %v", err)
	}
	broken := errors.New("the disk broke")
	if err := read(Options{}, iotest.ErrReader(broken)); !errors.Is(err, broken) {
		t.Errorf("broken content: %v", err)
	}
	if err := read(Options{TempDir: "/no/such/folder"}, strings.NewReader("x")); err == nil {
		t.Error("no error without a folder")
	}
}

func TestContextEndsAReading(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	content := readerFunc(func([]byte) (int, error) { cancel(); return 0, io.EOF })
	if _, err := NewReader(hostileOptions(t, "silent")).Read(ctx, content, 10, Hint{}); !errors.Is(err, context.Canceled) {
		t.Errorf("canceled: %v", err)
	}
	if _, err := NewReader(hostileOptions(t, "silent")).Read(ctx, content, 10, Hint{}); !errors.Is(err, context.Canceled) {
		t.Errorf("canceled before: %v", err)
	}
	if err := NewReader(Options{CacheDir: t.TempDir()}).Warm(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("warming: %v", err)
	}
}

type readerFunc func([]byte) (int, error)

func (f readerFunc) Read(p []byte) (int, error) { return f(p) }

func TestLargeDocumentIsNotEvenStarted(t *testing.T) {
	got, err := NewReader(Options{Command: []string{"/no/such/program"}}).Read(t.Context(), nil, 26<<20, Hint{})
	if err != nil {
		t.Fatal(err)
	}
	wantProblem(t, got, "more than 25 MB")
}

func TestNoMoreChildrenThanAllowed(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("counts by /proc")
	}
	temp := t.TempDir()
	r := NewReader(Options{TempDir: temp, Children: 2})
	var most int
	var mu sync.Mutex
	var reading sync.WaitGroup
	for range 6 {
		reading.Go(func() {
			content := readerFunc(func(p []byte) (int, error) {
				mu.Lock()
				defer mu.Unlock()
				children := 0
				for _, p := range processes(t) {
					if p.parent == os.Getpid() {
						children++
					}
				}
				most = max(most, children)
				if left, _ := os.ReadDir(temp); len(left) > 2 {
					t.Errorf("folders: %v", left)
				}
				return 0, io.EOF
			})
			if _, err := r.Read(t.Context(), content, 10, Hint{}); err != nil {
				t.Error(err)
			}
		})
	}
	reading.Wait()
	if most < 1 || most > 2 {
		t.Errorf("%d children at once", most)
	}
}

func TestNothingIsLeftBehind(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("counts by /proc")
	}
	temp := t.TempDir()
	descriptors := func() int {
		open, err := os.ReadDir("/proc/self/fd")
		if err != nil {
			t.Fatal(err)
		}
		return len(open)
	}
	readBytes(t, Options{TempDir: temp}, []byte("the first child opens what stays open"))
	before, routines := descriptors(), runtime.NumGoroutine()
	for _, child := range []string{"exits", "garbage", "hangs", "panics", "line"} {
		opts := hostileOptions(t, child)
		opts.TempDir, opts.Limits.Time = temp, 300*time.Millisecond
		NewReader(opts).Read(t.Context(), bytes.NewReader(make([]byte, 1<<20)), 1<<20, Hint{})
	}
	NewReader(Options{TempDir: temp}).Read(t.Context(), iotest.ErrReader(io.ErrUnexpectedEOF), 1<<20, Hint{})
	if after := descriptors(); after > before {
		t.Errorf("%d file descriptors, %d before", after, before)
	}
	until(t, "goroutines end", func() bool { return runtime.NumGoroutine() <= routines })
	if left, _ := os.ReadDir(temp); len(left) > 0 {
		t.Errorf("folders: %v", left)
	}
	for _, p := range processes(t) {
		if p.parent == os.Getpid() {
			t.Errorf("a child is left, in state %s", p.state)
		}
	}
}

// process is a line of /proc.
type process struct {
	pid, parent, group int
	state, command     string
}

func processes(tb testing.TB) (all []process) {
	tb.Helper()
	entries, err := os.ReadDir("/proc")
	if err != nil {
		tb.Fatal(err)
	}
	for _, e := range entries {
		pid, err := strconv.Atoi(e.Name())
		if err != nil {
			continue
		}
		stat, err := os.ReadFile("/proc/" + e.Name() + "/stat")
		if err != nil {
			continue
		}
		_, rest, ok := strings.Cut(string(stat), ") ")
		if !ok {
			continue
		}
		p := process{pid: pid}
		if _, err := fmt.Sscan(rest, &p.state, &p.parent, &p.group); err != nil {
			tb.Fatal(err)
		}
		command, _ := os.ReadFile("/proc/" + e.Name() + "/cmdline")
		p.command = strings.ReplaceAll(string(command), "\x00", " ")
		all = append(all, p)
	}
	return all
}
