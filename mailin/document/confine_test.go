//go:build linux

package document

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

var spun atomic.Int64

func init() {
	// What a child that has been taken over would try.
	hostile["confined"] = func(s settings) {
		if err := confine(s); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(3)
		}
		say(piece{Ready: true})
		try := func(what string, err error) { say(piece{Text: fmt.Sprintf("%s: %v\n", what, err)}) }
		_, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM, 0)
		try("socket", err)
		try("signal", unix.Kill(unix.Getppid(), 0))
		_, err = unix.PidfdOpen(unix.Getppid(), 0)
		try("pidfd", err)
		try("limit", unix.Prlimit(unix.Getppid(), unix.RLIMIT_NOFILE, &unix.Rlimit{}, nil))
		_, err = os.Create("file")
		try("create", err)
		_, err = os.OpenFile("/dev/null", os.O_RDWR, 0)
		try("write", err)
		try("mkdir", os.Mkdir("folder", 0o700))
		try("remove", os.Remove("/tmp/nothing"))
		try("ptrace", unix.PtraceAttach(unix.Getppid()))
		_, err = unix.Setsid()
		try("setsid", err)
		try("unlimit", unix.Setrlimit(unix.RLIMIT_FSIZE, &unix.Rlimit{Cur: 1, Max: 1}))
		say(piece{Text: fmt.Sprintf("environment %d\n", len(os.Environ()))})
		entries, _ := os.ReadDir(".")
		info, err := os.Stat(".")
		if err != nil {
			os.Exit(4)
		}
		say(piece{Text: fmt.Sprintf("folder %v with %d\n", info.Mode().Perm(), len(entries))})
		// On another thread too, and in what it starts.
		done := make(chan error)
		go func() {
			runtime.LockOSThread()
			_, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM, 0)
			done <- err
		}()
		try("thread", <-done)
		cmd := exec.Command("/bin/sh", "-c", "grep -E 'NoNewPrivs|Seccomp:' /proc/self/status; ulimit -c; ulimit -n; ulimit -f; ls /proc/self/fd | wc -l")
		cmd.Stderr = os.Stderr
		told, err := cmd.Output()
		say(piece{Text: string(told)})
		try("shell", err)
		say(piece{Done: true})
	}
	hostile["memory"] = func(s settings) {
		if err := confine(s); err != nil {
			os.Exit(3)
		}
		say(piece{Ready: true})
		say(piece{Text: "before"})
		var all [][]byte
		for range 64 {
			b := make([]byte, 64<<20)
			for i := 0; i < len(b); i += 4096 {
				b[i] = 1
			}
			all = append(all, b)
		}
		say(piece{Text: fmt.Sprint(" after ", len(all))})
		say(piece{Done: true})
	}
	hostile["escapes"] = func(settings) { // it is not confined, and a process outside of the group keeps the pipe open
		say(piece{Ready: true})
		cmd := exec.Command("/bin/sleep", "60")
		cmd.Stdout = os.Stdout
		cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
		if err := cmd.Start(); err != nil {
			os.Exit(1)
		}
		say(piece{Text: strconv.Itoa(cmd.Process.Pid)})
	}
	hostile["spins"] = func(s settings) {
		if err := confine(s); err != nil {
			os.Exit(3)
		}
		for range 4 {
			go func() {
				for n := 0; ; n++ {
					spun.Store(int64(n))
				}
			}()
		}
		select {}
	}
}

func TestChildIsConfined(t *testing.T) {
	got := readBytes(t, hostileOptions(t, "confined"), []byte("x"))
	for _, want := range []string{"socket", "signal", "pidfd", "limit", "create", "write", "mkdir", "remove", "ptrace", "setsid", "unlimit", "thread"} {
		i := strings.Index(got.Text, want+": ")
		if i < 0 {
			t.Fatalf("%s was not tried:\n%s", want, got.Text)
		}
		if line, _, _ := strings.Cut(got.Text[i:], "\n"); !strings.HasSuffix(line, "operation not permitted") {
			t.Error(line)
		}
	}
	for _, want := range []string{"environment 0\n", "folder -rwx------ with 0\n", "NoNewPrivs:\t1\n", "Seccomp:\t2\n", "\n0\n64\n0\n", "shell: <nil>\n"} {
		if !strings.Contains(got.Text, want) {
			t.Errorf("not found: %q in\n%s", want, got.Text)
		}
	}
}

func TestMemoryOfAChildIsLimited(t *testing.T) {
	opts := hostileOptions(t, "memory")
	opts.Limits.Memory = 512 << 20
	got := readBytes(t, opts, []byte("x"))
	if got.Text != "before" {
		t.Errorf("text %q", got.Text)
	}
	wantProblem(t, got, "more memory than one document may have")
}

// Root may do what an ordinary user may not: filter calls without giving up privileges first, in the same thread. The
// tests run as root in CI.
func TestChildOfAnOrdinaryUser(t *testing.T) {
	if os.Getuid() != 0 {
		return // all others are that test
	}
	dir, err := os.MkdirTemp("", "document-user-") // t.TempDir is closed to other users
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(dir)
	program, err := os.ReadFile("/proc/self/exe")
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "program")
	if err := errors.Join(os.Chmod(dir, 0o755), os.WriteFile(path, program, 0o755)); err != nil {
		t.Fatal(err)
	}
	starts := 60 // about one in a hundred had failed
	if testing.Short() {
		starts = 5 // a child with the race detector in it takes a second to start
	}
	for range starts {
		cmd := exec.Command(path, ChildArgument, `{"Limits":{"Time":10000000000}}`)
		cmd.Env, cmd.Dir = []string{}, "/"
		cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Credential: &syscall.Credential{Uid: 65534, Gid: 65534}}
		var stdin bytes.Buffer
		for _, frame := range []string{"{}", "Is 99213 right?\n", ""} {
			if err := sendFrame(&stdin, []byte(frame)); err != nil {
				t.Fatal(err)
			}
		}
		open, end, err := os.Pipe() // what ends it, too early, is the end of its input
		if err != nil {
			t.Fatal(err)
		}
		if _, err := end.Write(stdin.Bytes()); err != nil {
			t.Fatal(err)
		}
		cmd.Stdin = open
		said, err := cmd.Output()
		open.Close()
		end.Close()
		if err != nil || !strings.Contains(string(said), `{"text":"Is 99213 right?\n"}`) {
			t.Fatalf("%v: %s", err, said)
		}
	}
}

// A child whose parent was killed, and that does not look at its input, ends by its processor time.
func TestProcessorTimeOfAChildIsLimited(t *testing.T) {
	t.Parallel()
	s, err := json.Marshal(settings{Limits: Limits{Time: time.Millisecond, Memory: 1 << 30}})
	if err != nil {
		t.Fatal(err)
	}
	err = exec.Command(os.Args[0], "hostile-child", "spins", string(s)).Run()
	var exit *exec.ExitError
	if !errors.As(err, &exit) || exit.Sys().(syscall.WaitStatus).Signal() != syscall.SIGKILL {
		t.Errorf("ended by %v", err)
	}
	if used := exit.UserTime() + exit.SystemTime(); used > 6*time.Second {
		t.Errorf("used %v", used)
	}
}

// sleeper is a stand-in for Tesseract that starts another process and waits for it.
func sleeper(tb testing.TB, seconds string) string {
	return program(tb, "/bin/sleep "+seconds+" & /bin/sleep "+seconds)
}

// unusual is a time to sleep by which this run of the tests knows its processes.
func unusual() string { return strconv.Itoa(1_000_000 + os.Getpid()) }

func running(tb testing.TB, seconds string) (n int) {
	for _, p := range processes(tb) {
		if strings.HasPrefix(p.command, "/bin/sleep "+seconds) {
			n++
		}
	}
	return n
}

func TestWholeGroupDiesAtTheDeadline(t *testing.T) {
	seconds := unusual()
	got := readBytes(t, Options{Tesseract: sleeper(t, seconds), Limits: Limits{Time: 2 * time.Second}}, blankPicture(t))
	wantProblem(t, got, "time")
	until(t, "its processes end", func() bool { return running(t, seconds) == 0 })
}

func TestWholeGroupDiesWithTheParent(t *testing.T) {
	seconds := unusual()
	s, err := json.Marshal(settings{Tesseract: sleeper(t, seconds), Limits: Limits{Time: time.Minute}})
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(os.Args[0], ChildArgument, string(s))
	cmd.Env = []string{}
	ownGroup(cmd)
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() {
		killGroup(cmd)
		cmd.Wait()
	}()
	for _, frame := range [][]byte{[]byte("{}"), blankPicture(t), nil} {
		if err := sendFrame(stdin, frame); err != nil {
			t.Fatal(err)
		}
	}
	until(t, "it recognises", func() bool { return running(t, seconds) == 2 })
	stdin.Close() // what the kernel does when the parent is killed
	until(t, "its processes end", func() bool { return running(t, seconds) == 0 })
}

func TestProcessOutsideOfTheGroupDoesNotHoldTheParent(t *testing.T) {
	opts := hostileOptions(t, "escapes")
	opts.Limits.Time = time.Second
	began := time.Now()
	got := readBytes(t, opts, []byte("x"))
	if took := time.Since(began); took > time.Minute {
		t.Errorf("took %v", took)
	}
	pid, err := strconv.Atoi(got.Text)
	if err != nil {
		t.Fatal(err)
	}
	if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
		t.Error(err)
	}
}
