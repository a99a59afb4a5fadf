package imaptest

import (
	"bufio"
	"bytes"
	"cmp"
	"fmt"
	"io"
	"net"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
)

// Hostile stands between a client and a server, reads along, and makes the server as bad as its Rules say. Without rules it changes nothing.
// It speaks in clear, at an imap+insecure:// address.
type Hostile struct {
	address string
	target  string

	mu       sync.Mutex
	rules    Rules
	commands []string
	conns    map[net.Conn]bool
	accepted int
}

// Rules are what goes wrong. Commands are named without UID: LOGIN, SELECT, SEARCH, FETCH, STORE, COPY, MOVE, EXPUNGE, IDLE, NOOP ...; DONE is
// the end of IDLE, RESPONSE an answer inside a sign-in, and GREETING the beginning of everything.
type Rules struct {
	// Without hides capabilities.
	Without []string
	// SilentAt: when this command comes (or the greeting is due), nothing is sent any more, and the connection stays open.
	SilentAt string
	// SilentInBody: nothing is sent any more in the middle of the first mail body.
	SilentInBody bool
	// ByeAt answers this command with BYE and closes.
	ByeAt string
	// ByeText is what is said then. Defaults to "not today".
	ByeText string
	// DropAt closes the connection when this command comes.
	DropAt string
	// Refuse returns what to answer instead of passing the command on, e.g. "NO [OVERQUOTA] full"; "" passes it on.
	Refuse func(name, line string) string
	// Rewrite changes a whole response of the server, literals included; nil swallows it.
	Rewrite func(response []byte) []byte
	// Spoil gets each whole response with the command that was sent last (GREETING before the first; HEADERS for a FETCH of header fields), and
	// returns what is sent instead and what happens then.
	Spoil func(phase string, response []byte) ([]byte, After)
	// CutAfter closes the connection after so many bytes of a response; negative lets it pass.
	CutAfter func(response []byte) int
}

// After is what happens after a response.
type After int

// What happens after a response.
const (
	GoOn After = iota
	FallSilent
	HangUp
)

func (r Rules) bye() []byte { return []byte("* BYE " + cmp.Or(r.ByeText, "not today") + "\r\n") }

// NewHostile puts itself in front of the server.
func NewHostile(tb testing.TB, srv *Server, rules Rules) *Hostile {
	tb.Helper()
	plain, _ := srv.backend.addresses()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	check(tb, err, "listening")
	h := &Hostile{address: listener.Addr().String(), target: plain, rules: rules, conns: make(map[net.Conn]bool)}
	tb.Cleanup(func() {
		_ = listener.Close()
		h.Drop()
	})
	go func() {
		for {
			client, err := listener.Accept()
			if err != nil {
				return
			}
			server, err := net.Dial("tcp", h.target)
			if err != nil {
				_ = client.Close()
				continue
			}
			h.mu.Lock()
			h.accepted++
			h.conns[client], h.conns[server] = true, true
			h.mu.Unlock()
			t := &talk{Hostile: h, client: client, server: server}
			go t.requests()
			go t.responses()
		}
	}()
	return h
}

// URL is the address to connect to.
func (h *Hostile) URL() string { return "imap+insecure://" + h.address }

// Set replaces the rules, for open connections too.
func (h *Hostile) Set(rules Rules) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.rules = rules
}

// Drop closes all connections.
func (h *Hostile) Drop() {
	h.mu.Lock()
	defer h.mu.Unlock()
	for conn := range h.conns {
		_ = conn.Close()
	}
	clear(h.conns)
}

// Commands returns the command lines seen so far, without their tags.
func (h *Hostile) Commands() []string {
	h.mu.Lock()
	defer h.mu.Unlock()
	return slices.Clone(h.commands)
}

// Connections is how many there have been.
func (h *Hostile) Connections() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.accepted
}

func (h *Hostile) now() Rules {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.rules
}

// talk is one connection.
type talk struct {
	*Hostile
	client, server net.Conn

	mu     sync.Mutex // writing to the client
	silent bool
	phase  string // see Rules.Spoil
}

func (t *talk) hangUp() {
	_ = t.client.Close()
	_ = t.server.Close()
}

func (t *talk) silence() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.silent = true
}

func (t *talk) send(b []byte) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if !t.silent {
		_, _ = t.client.Write(b)
	}
}

func (t *talk) requests() {
	defer t.hangUp()
	lines := bufio.NewReader(t.client)
	for {
		line, err := readWhole(lines, func() { t.send([]byte("+ go on\r\n")) })
		if err != nil {
			return
		}
		text := strings.TrimRight(string(line), "\r\n")
		tag, rest, _ := strings.Cut(text, " ")
		name := strings.ToUpper(strings.TrimPrefix(strings.ToUpper(rest), "UID "))
		name, _, _ = strings.Cut(name, " ")
		switch {
		case text == "DONE":
			name, rest = "DONE", "DONE"
		case rest == "": // the client's half of a sign-in
			name, rest = "RESPONSE", "RESPONSE"
		}
		t.Hostile.mu.Lock()
		t.commands = append(t.commands, rest)
		t.Hostile.mu.Unlock()

		t.mu.Lock()
		t.phase = name
		if name == "FETCH" && strings.Contains(rest, "HEADER.FIELDS") {
			t.phase = "HEADERS"
		}
		t.mu.Unlock()
		rules := t.now()
		switch {
		case rules.SilentAt == name:
			t.silence()
		case rules.ByeAt == name:
			t.send(rules.bye())
			return
		case rules.DropAt == name:
			return
		}
		if rules.Refuse != nil && name != "DONE" {
			if answer := rules.Refuse(name, rest); answer != "" {
				t.send([]byte(tag + " " + answer + "\r\n"))
				continue
			}
		}
		if _, err := t.server.Write(line); err != nil {
			return
		}
	}
}

func (t *talk) responses() {
	defer t.hangUp()
	lines := bufio.NewReader(t.server)
	for first := true; ; first = false {
		response, err := readWhole(lines, func() {})
		if err != nil {
			return
		}
		rules := t.now()
		if first && rules.SilentAt == "GREETING" {
			t.silence()
		}
		if first && (rules.DropAt == "GREETING" || rules.ByeAt == "GREETING") {
			if rules.ByeAt != "" {
				t.send(rules.bye())
			}
			return
		}
		if len(rules.Without) > 0 && bytes.Contains(response, []byte("CAPABILITY ")) {
			for _, capability := range rules.Without {
				response = regexp.MustCompile(` `+regexp.QuoteMeta(capability)+`([ \]\r])`).ReplaceAll(response, []byte("$1"))
			}
		}
		if rules.Rewrite != nil {
			if response = rules.Rewrite(response); response == nil {
				continue
			}
		}
		if rules.Spoil != nil {
			t.mu.Lock()
			phase := cmp.Or(t.phase, "GREETING")
			t.mu.Unlock()
			instead, after := rules.Spoil(phase, response)
			t.send(instead)
			switch after {
			case FallSilent:
				t.silence()
			case HangUp:
				return
			}
			continue
		}
		if rules.CutAfter != nil {
			if keep := rules.CutAfter(response); keep >= 0 {
				t.send(response[:min(keep, len(response))])
				return
			}
		}
		if rules.SilentInBody && bytes.Contains(response, []byte("BODY[")) {
			t.send(response[:len(response)/2])
			t.silence()
			continue
		}
		t.send(response)
	}
}

// readWhole reads a line with all literals in it.
func readWhole(r *bufio.Reader, wanted func()) ([]byte, error) {
	var whole []byte
	for {
		line, err := r.ReadBytes('\n')
		if err != nil {
			return nil, err
		}
		whole = append(whole, line...)
		size, ok := literalAtEnd(line)
		if !ok {
			return whole, nil
		}
		wanted()
		start := len(whole)
		whole = append(whole, make([]byte, size)...)
		if _, err := io.ReadFull(r, whole[start:]); err != nil {
			return nil, err
		}
	}
}

var literalPattern = regexp.MustCompile(`\{(\d+)\+?\}\r\n$`)

func literalAtEnd(line []byte) (int, bool) {
	found := literalPattern.FindSubmatch(line)
	if found == nil {
		return 0, false
	}
	size, err := strconv.Atoi(string(found[1]))
	return size, err == nil
}

// IsFetchOf reports whether a response is the FETCH answer for the UID.
func IsFetchOf(response []byte, uid uint32) bool {
	return regexp.MustCompile(fmt.Sprintf(`^\* \d+ FETCH \(.*UID %d[ )]`, uid)).Match(response)
}
