package document

import (
	"bufio"
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"io"
	"os"
	"runtime"
	"runtime/debug"
	"strings"
	"sync"
	"time"
	"unicode/utf8"
)

// settings are what the parent tells a child in its last argument. They hold nothing of the document, because other users
// of a machine can read the arguments of a process.
type settings struct {
	Limits    Limits
	Tesseract string `json:",omitempty"`
	CacheDir  string `json:",omitempty"`
	Warm      bool   `json:",omitempty"` // compile PDFium into CacheDir and read nothing
}

// A child's standard input is a row of frames: four bytes of length, most significant first, then as many bytes. The
// first frame is the Hint in JSON, then come the document's bytes, and a frame of length 0 ends them. The stream stays
// open: when it ends, the parent is gone, and so are the child and all it has started.
const maxFrame = 256 << 10

// piece is a line on a child's standard output; one field of it is set.
type piece struct {
	Ready      bool    `json:"ready,omitempty"` // limits are in force; nothing of the document has been looked at
	Kind       *Kind   `json:"kind,omitempty"`
	Section    *string `json:"section,omitempty"`
	Text       string  `json:"text,omitempty"`
	Recognised bool    `json:"recognised,omitempty"`
	Problem    string  `json:"problem,omitempty"`
	Done       bool    `json:"done,omitempty"`
}

// The sentences about what a document may cost, for both sides.
const (
	problemText   = "Only the beginning of this document was read: it holds more text than is taken from one document."
	problemTime   = "There was not enough time to read all of this document."
	problemBroken = "This document could not be read to its end: it is damaged, or it needs more memory than one document may have. Please send it again as a PDF, or write the question and the codes into the mail."
)

// ChildIfAsked runs the child and exits, if this program was started as one. A program whose Options name no Command
// calls it first in main (and its tests in TestMain): before it reads its environment, opens a file, or starts anything.
func ChildIfAsked() {
	if len(os.Args) > 1 && os.Args[1] == ChildArgument {
		os.Exit(Child(os.Stdin, os.Stdout, os.Args[2:]))
	}
}

// Child is the whole life of a child process: it limits itself, reads the document from stdin, writes what it finds to
// stdout, and returns the exit status: 0 when it came to the end, 1 when its parent was cut off, 2 for wrong arguments, 3
// when it could not limit itself. It changes the limits of the process it runs in, for good.
func Child(stdin io.Reader, stdout io.Writer, args []string) int {
	var s settings
	if len(args) != 1 || json.Unmarshal([]byte(args[0]), &s) != nil {
		return 2
	}
	s.Limits = s.Limits.withDefaults()
	began := time.Now()
	if err := confine(s); err != nil {
		return 3 // unconfined, it reads nothing
	}
	// What PDFium holds is Go memory too (wazero), and so is a decoded picture: the collector works harder before the
	// hard limit is met. A runaway recursion ends in a stack of 64 MiB rather than one of a gigabyte.
	debug.SetMemoryLimit(s.Limits.Memory / 2)
	debug.SetMaxStack(64 << 20)
	runtime.GOMAXPROCS(min(childProcessors, runtime.GOMAXPROCS(0)))

	out := newSender(stdout, s.Limits.Text)
	out.send(piece{Ready: true})
	engines := newEngines(s)
	if s.Warm {
		if err := engines.warm(context.Background()); err != nil {
			return 1
		}
		out.send(piece{Done: true})
		return 0
	}
	hint, content, err := receive(stdin, s.Limits.Bytes)
	if err != nil {
		return 1
	}
	go func() {
		io.Copy(io.Discard, stdin)
		endGroup()
	}()

	// The child stops by itself a little before the parent stops it: then it can say how far it came.
	ctx, cancel := context.WithDeadline(context.Background(), began.Add(s.Limits.Time-s.Limits.Time/10))
	defer cancel()
	func() {
		defer func() {
			if recover() != nil {
				out.problem(problemBroken)
			}
		}()
		read(ctx, input{content: bytes.NewReader(content), size: int64(len(content)), hint: hint}, out, newBudget(s.Limits), engines)
	}()
	if ctx.Err() != nil && !out.saidTime() {
		out.problem(problemTime)
	}
	out.finish()
	return 0
}

// childProcessors is how many processors one child uses at most.
const childProcessors = 2

func newBudget(l Limits) *budget {
	return &budget{limits: l, entries: l.Entries, expanded: l.Expanded, cells: l.Cells, pages: l.Pages}
}

// withDefaults fills in the fields that are zero.
func (l Limits) withDefaults() Limits {
	set := func(field *int, value int) {
		if *field == 0 {
			*field = value
		}
	}
	set64 := func(field *int64, value int64) {
		if *field == 0 {
			*field = value
		}
	}
	if l.Time == 0 {
		l.Time = 20 * time.Second
	}
	set64(&l.Bytes, 25<<20)
	set(&l.Text, 2<<20)
	set(&l.Pages, 200)
	set(&l.Entries, 1000)
	set64(&l.Expanded, 256<<20)
	set(&l.Depth, 4)
	set(&l.Cells, 200_000)
	set64(&l.Memory, 1<<30)
	return l
}

// sendFrame writes a frame; empty bytes end the document.
func sendFrame(w io.Writer, b []byte) error {
	frame := make([]byte, 4+len(b))
	binary.BigEndian.PutUint32(frame, uint32(len(b)))
	copy(frame[4:], b)
	_, err := w.Write(frame)
	return err
}

// receive reads the hint and the document.
func receive(r io.Reader, limit int64) (hint Hint, content []byte, err error) {
	frame := func(into []byte) ([]byte, error) {
		var head [4]byte
		if _, err := io.ReadFull(r, head[:]); err != nil {
			return nil, err
		}
		n := int(binary.BigEndian.Uint32(head[:]))
		if n > maxFrame || int64(len(into)+n) > limit+maxFrame {
			return nil, errors.New("document: a frame too large")
		}
		if n == 0 {
			return nil, io.EOF
		}
		at := len(into)
		if cap(into)-at < n {
			into = append(make([]byte, 0, max(2*cap(into), at+n)), into...)
		}
		into = into[:at+n]
		_, err := io.ReadFull(r, into[at:])
		return into, err
	}
	head, err := frame(nil)
	if err != nil {
		return hint, nil, err
	}
	if err := json.Unmarshal(head, &hint); err != nil {
		return hint, nil, err
	}
	for {
		more, err := frame(content)
		if err == io.EOF && more == nil {
			return hint, content, nil
		}
		if err != nil {
			return hint, nil, err
		}
		content = more
	}
}

// sender is the output of a child: lines of JSON to the parent. Text waits for a moment, so that a reader that yields it
// word by word does not cost a system call a word.
type sender struct {
	mu       sync.Mutex
	lines    *bufio.Writer
	encoder  *json.Encoder
	waiting  strings.Builder
	timer    *time.Timer
	left     int // bytes of text that may still come
	full     bool
	problems map[string]bool
}

const (
	sendAfter = 50 * time.Millisecond
	sendBytes = 32 << 10
)

func newSender(w io.Writer, limit int) *sender {
	s := &sender{lines: bufio.NewWriterSize(w, sendBytes), left: limit, problems: make(map[string]bool)}
	s.encoder = json.NewEncoder(s.lines)
	s.encoder.SetEscapeHTML(false)
	s.timer = time.AfterFunc(time.Hour, func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.sendWaiting()
	})
	return s
}

func (s *sender) send(p piece) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sendWaiting()
	s.encode(p)
	s.lines.Flush()
}

// encode drops errors of the pipe: a parent that has gone ends this process otherwise.
func (s *sender) encode(p piece) { _ = s.encoder.Encode(p) }

func (s *sender) sendWaiting() {
	if s.waiting.Len() > 0 {
		s.encode(piece{Text: s.waiting.String()})
		s.waiting.Reset()
		s.lines.Flush()
	}
	s.timer.Stop()
}

func (s *sender) kind(k Kind)         { s.send(piece{Kind: &k}) }
func (s *sender) section(name string) { s.send(piece{Section: &name}) }
func (s *sender) recognised()         { s.send(piece{Recognised: true}) }
func (s *sender) finish()             { s.send(piece{Done: true}) }

func (s *sender) text(text string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.full {
		return false
	}
	if len(text) > s.left {
		text = truncate(text, s.left)
		s.full = true
	}
	s.left -= len(text)
	for len(text) > 0 {
		part := truncate(text, sendBytes)
		text = text[len(part):]
		if s.waiting.Len() == 0 {
			s.timer.Reset(sendAfter)
		}
		s.waiting.WriteString(part)
		if s.waiting.Len() >= sendBytes {
			s.sendWaiting()
		}
	}
	if s.full {
		s.sendWaiting()
		s.problemLocked(problemText)
	}
	return !s.full
}

func (s *sender) problem(sentence string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.problemLocked(sentence)
}

func (s *sender) problemLocked(sentence string) {
	if sentence != "" && !s.problems[sentence] {
		s.problems[sentence] = true
		s.sendWaiting()
		s.encode(piece{Problem: sentence})
		s.lines.Flush()
	}
}

// saidTime says whether a reader has already told that the time was too short.
func (s *sender) saidTime() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	for p := range s.problems {
		if strings.Contains(p, "time") {
			return true
		}
	}
	return false
}

// truncate returns the longest beginning of s of at most n bytes that does not cut a character.
func truncate(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for i := n; i > n-utf8.UTFMax && i > 0; i-- {
		if utf8.RuneStart(s[i]) {
			return s[:i]
		}
	}
	return s[:n]
}
