package document

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"time"
	"unicode"
	"unicode/utf8"
)

// Reader reads documents in child processes. It is safe for concurrent use.
type Reader struct {
	opts  Options
	slots chan struct{} // a token for each running child
}

// NewReader makes a reader. It starts nothing.
func NewReader(opts Options) *Reader {
	for _, path := range []*string{&opts.Tesseract, &opts.CacheDir} {
		if *path != "" {
			if absolute, err := filepath.Abs(*path); err == nil {
				*path = absolute // a child has a working folder of its own
			}
		}
	}
	opts.Limits = opts.Limits.withDefaults()
	if opts.Children <= 0 {
		opts.Children = 2
	}
	return &Reader{opts: opts, slots: make(chan struct{}, opts.Children)}
}

// Read reads one document of at most size bytes. The error is of our own (a child that cannot be started, a broken
// content stream) or the context's; what is wrong with the document is in Text.Problems, beside what could be read of it.
// With a context that has ended, what had come until then is returned beside the error. The bytes pass through to the
// child; Read holds none of them. It does not return while a call of content.Read has not returned.
func (r *Reader) Read(ctx context.Context, content io.Reader, size int64, hint Hint) (Text, error) {
	limits := r.opts.Limits
	if size > limits.Bytes {
		return Text{Problems: []string{fmt.Sprintf("This document was not read: it has more than %d MB. Please send the pages that matter.", limits.Bytes>>20)}}, nil
	}
	hint.Filename, hint.ContentType = truncate(hint.Filename, maxHint), truncate(hint.ContentType, maxHint)
	head, err := json.Marshal(hint)
	if err != nil {
		return Text{}, fmt.Errorf("document: the hint: %w", err)
	}
	var unreadable error
	feed := func(stdin io.Writer) error {
		if sendFrame(stdin, head) != nil {
			return nil
		}
		rest := bufio.NewReaderSize(io.LimitReader(content, size), 64<<10) // it gives up on a reader that yields nothing for ever
		for {
			_, err := rest.Peek(1)
			if err == io.EOF {
				sendFrame(stdin, nil)
				return nil
			}
			if err != nil {
				unreadable = err
				return err
			}
			part, _ := rest.Peek(rest.Buffered())
			if sendFrame(stdin, part) != nil {
				return nil // the child is gone, and how it went says why
			}
			rest.Discard(len(part))
		}
	}
	taken := &taker{limits: limits}
	end, err := r.run(ctx, settings{Limits: limits, Tesseract: r.opts.Tesseract, CacheDir: r.opts.CacheDir}, limits.Time, feed, taken)
	switch {
	case err != nil:
		return Text{}, err
	case unreadable != nil:
		return Text{}, fmt.Errorf("document: reading the content: %w", unreadable)
	}
	switch {
	case end == endedLate && ctx.Err() == nil:
		taken.problem(taken.late())
	case end == endedEarly && ctx.Err() == nil:
		taken.problem(problemBroken)
	}
	return taken.result(), ctx.Err()
}

// Warm compiles PDFium into Options.CacheDir, in a child that sees no foreign byte; without it, each PDF costs some
// seconds more. It takes some seconds the first time, and almost nothing later. Without CacheDir it does nothing.
func (r *Reader) Warm(ctx context.Context) error {
	if r.opts.CacheDir == "" {
		return nil
	}
	// What is in there is run as machine code: nobody else may write to it.
	if err := os.MkdirAll(r.opts.CacheDir, 0o700); err != nil {
		return fmt.Errorf("document: the folder for compiled PDFium: %w", err)
	}
	limits := r.opts.Limits
	limits.Time, limits.Memory = warmTime, max(limits.Memory, 2<<30)
	end, err := r.run(ctx, settings{Limits: limits, CacheDir: r.opts.CacheDir, Warm: true}, warmTime, func(io.Writer) error { return nil }, &taker{limits: limits})
	switch {
	case err != nil:
		return err
	case ctx.Err() != nil:
		return ctx.Err()
	case end != endedWell:
		return errors.New("document: PDFium could not be compiled into its folder")
	}
	return nil
}

// maxHint is how many bytes of a name or a type are handed on.
const maxHint = 1000

const warmTime = 10 * time.Minute

// ending is how a child ended.
type ending int

const (
	endedWell  ending = iota // it said that it was done
	endedEarly               // it died, or talked nonsense
	endedLate                // it was killed at the deadline
)

// run starts a child, feeds it, takes what it says, and leaves nothing of it behind. The error is of our own or the
// context's while it waited for its turn.
func (r *Reader) run(ctx context.Context, s settings, limit time.Duration, feed func(io.Writer) error, taken *taker) (ending, error) {
	if err := ctx.Err(); err != nil {
		return endedEarly, err
	}
	select {
	case r.slots <- struct{}{}:
		defer func() { <-r.slots }()
	case <-ctx.Done():
		return endedEarly, ctx.Err()
	}

	command := r.opts.Command
	if len(command) == 0 {
		self, err := thisProgram()
		if err != nil {
			return endedEarly, fmt.Errorf("document: finding this program: %w", err)
		}
		command = []string{self, ChildArgument}
	}
	argument, err := json.Marshal(s)
	if err != nil {
		return endedEarly, fmt.Errorf("document: %w", err)
	}
	folder, err := os.MkdirTemp(r.opts.TempDir, "document-")
	if err != nil {
		return endedEarly, fmt.Errorf("document: a folder for the child: %w", err)
	}
	defer os.RemoveAll(folder)

	cmd := exec.Command(command[0], append(command[1:len(command):len(command)], string(argument))...)
	cmd.Env = []string{}
	cmd.Dir = folder
	ownGroup(cmd)
	stdin, err := cmd.StdinPipe()
	if err != nil {
		return endedEarly, fmt.Errorf("document: a pipe to the child: %w", err)
	}
	stdout, toStdout, err := os.Pipe()
	if err != nil {
		stdin.Close()
		return endedEarly, fmt.Errorf("document: a pipe from the child: %w", err)
	}
	defer stdout.Close()
	cmd.Stdout = toStdout // its standard error is dropped: a dying child prints what it held
	err = cmd.Start()
	toStdout.Close()
	if err != nil {
		return endedEarly, fmt.Errorf("document: starting the child: %w", err)
	}
	os.Remove(folder) // where a used folder can be removed, it is not left behind if this process is killed

	deadline, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	var kill sync.Mutex // a killing and the reaping exclude each other
	over := false
	stop := context.AfterFunc(deadline, func() {
		kill.Lock()
		defer kill.Unlock()
		if !over {
			killGroup(cmd)
			// What is in the pipe is still taken; a process that escaped from the group does not hold us by keeping it open.
			stdout.SetReadDeadline(time.Now().Add(drainTime))
		}
	})
	var feeding sync.WaitGroup
	feeding.Go(func() {
		if feed(stdin) != nil {
			cancel() // it would wait for the rest
		}
	})

	done := taken.take(stdout)
	late := deadline.Err() != nil
	stop()
	kill.Lock()
	over = true
	killGroup(cmd)
	kill.Unlock()
	stdin.Close()
	feeding.Wait()
	cmd.Wait()
	switch {
	case done:
		return endedWell, nil
	case late:
		return endedLate, nil
	case !taken.ready:
		// Nothing of the document has been looked at: it is not to blame.
		return endedEarly, fmt.Errorf("document: the child ended before it began: %v (is the program's first step document.ChildIfAsked?)", cmd.ProcessState)
	}
	return endedEarly, nil
}

// thisProgram is the running program itself: under its name there may be the next version already.
func thisProgram() (string, error) {
	const running = "/proc/self/exe"
	if _, err := os.Stat(running); err == nil {
		return running, nil
	}
	return os.Executable()
}

// drainTime is how long the rest of a killed child's words is waited for.
const drainTime = 200 * time.Millisecond

// What one child may say, whatever it has become. Its text is bounded by Limits.Text.
const (
	maxLine     = 512 << 10
	maxSections = 5000
	maxProblems = 50
	maxName     = 80  // bytes of a section's name
	maxSentence = 400 // bytes of a problem
)

// taker puts together what a child says, and trusts none of it.
type taker struct {
	limits   Limits
	ready    bool
	kind     Kind
	text     strings.Builder
	sections []Section
	pages    int // sections named "page ..." with text in them
	page     bool
	read     bool // some text was recognised from a picture
	problems []string
	cr       bool // the last byte that came was CR
	full     bool
}

// take reads lines until the child says that it is done (true), or ends, or breaks the rules.
func (t *taker) take(r io.Reader) bool {
	// JSON writes a character in six bytes at most, and the pieces around the text are few.
	lines := bufio.NewReaderSize(io.LimitReader(r, 6*int64(t.limits.Text)+16<<20), maxLine)
	for {
		line, err := lines.ReadSlice('\n')
		if err != nil {
			return false
		}
		var p piece
		decoder := json.NewDecoder(bytes.NewReader(line))
		decoder.DisallowUnknownFields()
		if decoder.Decode(&p) != nil {
			return false
		}
		switch {
		case p.Done:
			return true
		case p.Ready:
			t.ready = true
		case !t.ready:
			return false
		case p.Kind != nil:
			if t.kind == None && kinds[*p.Kind] {
				t.kind = *p.Kind
			}
		case p.Section != nil:
			t.section(*p.Section)
		case p.Text != "":
			t.add(p.Text)
		case p.Recognised:
			t.read = true
		case p.Problem != "":
			t.problem(p.Problem)
		default:
			return false
		}
	}
}

var kinds = map[Kind]bool{PDF: true, Image: true, DOCX: true, XLSX: true, PPTX: true, ODT: true, ODS: true, RTF: true, CSV: true,
	Plain: true, HTML: true, Mail: true, ZIP: true, Unreadable: true}

func (t *taker) section(name string) {
	if len(t.sections) >= maxSections || t.full {
		return
	}
	if n := t.text.Len(); n > 0 && !strings.HasSuffix(t.text.String(), "\n") {
		t.add("\n")
	}
	name = truncate(oneLine(name), maxName)
	t.page = strings.HasPrefix(name, "page ")
	t.sections = append(t.sections, Section{Start: t.text.Len(), Name: name})
}

// add appends text as the field Text promises it.
func (t *taker) add(text string) {
	if t.full {
		return
	}
	if t.page && strings.TrimSpace(text) != "" {
		t.page = false
		t.pages++
	}
	if !utf8.ValidString(text) || strings.ContainsFunc(text, unwanted) {
		var clean strings.Builder
		for _, c := range text { // an invalid byte comes as U+FFFD
			switch {
			case c == '\n' && t.cr:
			case c == '\r' || c == '\n':
				clean.WriteByte('\n')
			case !unwanted(c):
				clean.WriteRune(c)
			}
			t.cr = c == '\r'
		}
		text = clean.String()
	} else if text != "" {
		if t.cr {
			text = strings.TrimPrefix(text, "\n")
		}
		t.cr = false
	}
	if t.text.Len()+len(text) > t.limits.Text {
		text = truncate(text, t.limits.Text-t.text.Len())
		t.full = true
		t.problem(problemText)
	}
	t.text.WriteString(text)
}

// unwanted says which characters no text keeps: controls other than tab and line feed.
func unwanted(c rune) bool { return c != '\n' && c != '\t' && unicode.IsControl(c) }

func (t *taker) problem(sentence string) {
	sentence = truncate(oneLine(sentence), maxSentence)
	for _, known := range t.problems {
		if known == sentence {
			return
		}
	}
	if sentence != "" && len(t.problems) < maxProblems {
		t.problems = append(t.problems, sentence)
	}
}

// oneLine makes s a single line of valid UTF-8 with single spaces.
func oneLine(s string) string {
	return strings.Join(strings.FieldsFunc(strings.ToValidUTF8(s, ""), func(c rune) bool { return unicode.IsSpace(c) || unicode.IsControl(c) }), " ")
}

// late says what the deadline cut off.
func (t *taker) late() string {
	switch {
	case t.pages == 1:
		return "Only the first page could be read in the time allowed."
	case t.pages > 1:
		return fmt.Sprintf("Only the first %d pages could be read in the time allowed.", t.pages)
	case t.text.Len() > 0:
		return problemTime
	}
	return "This document could not be read in the time allowed. Please send the pages that matter, or write the question and the codes into the mail."
}

func (t *taker) result() Text {
	return Text{Kind: t.kind, Text: t.text.String(), Sections: t.sections, Recognised: t.read, Problems: t.problems}
}
