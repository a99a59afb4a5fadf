package mailin

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-imap/v2"
)

func TestFingerprint(t *testing.T) {
	t.Parallel()
	base := "Message-ID: <a@clinic.example>\r\nDate: Tue, 3 Mar 2026 09:00:00 -0500\r\nFrom: Ann <ann@clinic.example>\r\nSubject: FESS and septoplasty\r\n"
	want := FingerprintHeader([]byte(base))
	for name, header := range map[string]string{
		"WithBody":        base + "\r\nSubject: in the body\r\n",
		"OtherOrder":      "Subject: FESS and septoplasty\r\nFrom: Ann <ann@clinic.example>\r\nDate: Tue, 3 Mar 2026 09:00:00 -0500\r\nMessage-ID: <a@clinic.example>\r\n\r\n",
		"OtherCase":       strings.Replace(strings.Replace(base, "Message-ID", "MESSAGE-Id", 1), "Subject", "SUBJECT", 1),
		"Folded":          strings.Replace(base, "FESS and", "FESS\r\n and", 1),
		"FoldedWithTab":   strings.Replace(base, "FESS and", "FESS\r\n\tand", 1),
		"BareLF":          strings.ReplaceAll(base, "\r\n", "\n"),
		"MoreSpace":       strings.Replace(base, "Subject: ", "Subject :   ", 1),
		"NoLineEnd":       strings.TrimSuffix(base, "\r\n"),
		"TraceInFront":    "Received: from a by b\r\n\tfor c; Tue\r\nDelivered-To: x\r\n" + base,
		"SecondOfAField":  base + "Subject: another\r\n",
		"GarbageAsHeader": base + "this is no field\r\n  nor its fold\r\n",
	} {
		if got := FingerprintHeader([]byte(header)); got != want {
			t.Errorf("%s: another fingerprint", name)
		}
	}
	for name, header := range map[string]string{
		"OtherSubject": strings.Replace(base, "FESS", "fess", 1),
		"OtherID":      strings.Replace(base, "<a@", "<b@", 1),
		"NoDate":       strings.Replace(base, "Date:", "X-Date:", 1),
		"Swapped":      strings.Replace(strings.Replace(base, "Subject:", "X:", 1), "From:", "Subject:", 1),
	} {
		if got := FingerprintHeader([]byte(header)); got == want {
			t.Errorf("%s: the same fingerprint", name)
		}
	}
	for _, nothing := range []string{"", "\r\n\r\nSubject: body\r\n", "Received: x\r\n\r\n", "Subject:   \r\n\r\n"} {
		if got := FingerprintHeader([]byte(nothing)); got != [32]byte{} {
			t.Errorf("%q has a fingerprint", nothing)
		}
	}
}

// The fingerprint of a whole mail is that of the fields that a server returns of it, however it folds them.
func FuzzFingerprint(f *testing.F) {
	f.Add("<a@clinic.example>", "Tue, 3 Mar 2026", "ann@clinic.example", "FESS and septoplasty", "Received: x\r\n", "body")
	f.Add("", "", "", " ", "", "\r\n\r\n")
	f.Add("a\r\n b", "\t", "\xff\xfe", "=?utf-8?q?x?=", "Subject\r\n", "Subject: y\r\n")
	f.Fuzz(func(t *testing.T, id, date, from, subject, other, body string) {
		clean := func(s string) string { return strings.NewReplacer("\r", "", "\n", "").Replace(s) }
		fields := "Message-ID: " + clean(id) + "\r\nDate: " + clean(date) + "\r\nFrom: " + clean(from) + "\r\nSubject: " + clean(subject) + "\r\n\r\n"
		want := FingerprintHeader([]byte(fields))
		whole := "X-Other: " + clean(other) + "\r\n" + fields + body
		if FingerprintHeader([]byte(whole)) != want {
			t.Error("the whole mail has another fingerprint")
		}
		// Folded wherever there is a single space between two words.
		folded := strings.ReplaceAll(fields[:len(fields)-2], " ", "\r\n ") + "\r\n"
		if FingerprintHeader([]byte(folded)) != want {
			t.Error("folding changes the fingerprint")
		}
	})
}

// Whatever set a server sends as the answer to a search, expand returns ascending UIDs without doubles and zeros, or an error, at once.
func FuzzExpand(f *testing.F) {
	f.Add([]byte{1, 0, 0, 0, 5, 0, 0, 0})
	f.Add([]byte{0xff, 0xff, 0xff, 0xff, 1, 0, 0, 0, 0, 0, 0, 0, 9, 0, 0, 0})
	f.Fuzz(func(t *testing.T, data []byte) {
		var set imap.UIDSet
		for ; len(data) >= 8; data = data[8:] {
			number := func(b []byte) imap.UID {
				return imap.UID(b[0]) | imap.UID(b[1])<<8 | imap.UID(b[2]&1)<<16 | imap.UID(b[3])<<24
			}
			set = append(set, imap.UIDRange{Start: number(data), Stop: number(data[4:])})
		}
		uids, err := expand(set)
		if err != nil {
			return
		}
		for i, uid := range uids {
			if uid == 0 || i > 0 && uids[i-1] >= uid || !slices.ContainsFunc(set, func(r imap.UIDRange) bool { return uint32(r.Start) <= uid && uid <= uint32(r.Stop) }) {
				t.Fatalf("%d in %v", uid, set)
			}
		}
	})
}

func TestExpandRefusesTheImpossible(t *testing.T) {
	t.Parallel()
	for name, set := range map[string]imap.NumSet{
		"EveryUID":        imap.UIDSet{{Start: 1, Stop: 1<<32 - 1}},
		"Star":            imap.UIDSet{{Start: 0, Stop: 0}},
		"Open":            imap.UIDSet{{Start: 5, Stop: 0}},
		"SequenceNumbers": imap.SeqSet{{Start: 1, Stop: 2}},
	} {
		if uids, err := expand(set); err == nil {
			t.Errorf("%s: %d uids", name, len(uids))
		}
	}
	uids, err := expand(imap.UIDSet{{Start: 1<<32 - 1, Stop: 1<<32 - 1}})
	if err != nil || !slices.Equal(uids, []uint32{1<<32 - 1}) {
		t.Errorf("the highest UID: %v, %v", uids, err)
	}
}

func TestSpool(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s, err := newSpool(dir)
	if err != nil {
		t.Fatal(err)
	}
	info, err := s.file.Stat()
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
	if left, _ := os.ReadDir(dir); len(left) != 0 {
		t.Errorf("the file has a name: %v", left)
	}
	read := func() string {
		r, err := s.open()
		if err != nil {
			t.Fatal(err)
		}
		defer r.Close()
		b, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
	for _, text := range []string{"A: b\r\n\r\nlonger body", "A: c\n\nx", ""} {
		if err := s.reset(); err != nil {
			t.Fatal(err)
		}
		if err := s.fill(strings.NewReader(text), int64(len(text)), 1<<20); err != nil {
			t.Fatal(err)
		}
		if first, again := read(), read(); first != text || again != text {
			t.Errorf("got %q, want %q", read(), text)
		}
	}
	if err := s.fill(strings.NewReader("short"), 10, 1<<20); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("a body that ends early: %v", err)
	}

	// A header without an end is looked at only so far; the excerpt has bounds, too.
	if err := s.reset(); err != nil {
		t.Fatal(err)
	}
	endless := strings.Repeat("X: y\r\n", 200_000)
	if err := s.fill(strings.NewReader(endless), int64(len(endless)), 1<<30); err != nil {
		t.Fatal(err)
	}
	if header, err := s.header(); err != nil || len(header) != maxHeader {
		t.Errorf("%d bytes of header, %v", len(header), err)
	}
	if err := s.keepExcerpt(); err != nil || s.size != maxHeader+excerpt {
		t.Errorf("%d bytes kept, %v", s.size, err)
	}

	// A disk that fails is told from a server that fails.
	s.close()
	if err := s.fill(strings.NewReader("x"), 1, 10); !errors.Is(err, errSpool) {
		t.Errorf("writing to a closed file: %v", err)
	}
}

func TestHeaderEnd(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]int{
		"A: b\r\n\r\nbody": 8, "A: b\n\nbody": 6, "\r\nbody": 2, "\nbody": 1, "A: b\r\n": -1, "": -1, "A: b\r\n\nbody": 7, "A\r\rB\r\n\r\n": 8,
	} {
		if got := headerEnd([]byte(text)); got != want {
			t.Errorf("%q: %d, want %d", text, got, want)
		}
	}
}

func pipe(t *testing.T) (*boundedConn, net.Conn) {
	t.Helper()
	ours, theirs := net.Pipe()
	t.Cleanup(func() {
		_ = ours.Close()
		_ = theirs.Close()
	})
	return &boundedConn{Conn: ours}, theirs
}

func TestBoundedConnEndsSilence(t *testing.T) {
	t.Parallel()
	conn, _ := pipe(t)
	conn.arm(30*time.Millisecond, time.Hour)
	began := time.Now()
	_ = conn.SetReadDeadline(time.Now().Add(time.Hour)) // what the library wishes does not count
	_, err := conn.Read(make([]byte, 1))
	if !errors.Is(err, os.ErrDeadlineExceeded) || !conn.timedOut() || time.Since(began) > time.Minute {
		t.Errorf("got %v after %v", err, time.Since(began))
	}
	if _, err := conn.Write([]byte("x")); !errors.Is(err, io.ErrClosedPipe) {
		t.Errorf("still open: %v", err)
	}
}

// A server that sends a byte now and then does not postpone the end of the command.
func TestBoundedConnEndsDripping(t *testing.T) {
	t.Parallel()
	conn, server := pipe(t)
	go func() {
		for {
			if _, err := server.Write([]byte(".")); err != nil {
				return
			}
		}
	}()
	conn.arm(time.Hour, 50*time.Millisecond)
	for {
		if _, err := conn.Read(make([]byte, 1)); err != nil {
			if !errors.Is(err, os.ErrDeadlineExceeded) || !conn.timedOut() {
				t.Errorf("got %v", err)
			}
			return
		}
	}
}

func TestBoundedConnAtRestWaits(t *testing.T) {
	t.Parallel()
	conn, server := pipe(t)
	conn.arm(time.Hour, time.Hour)
	got := make(chan error, 1)
	go func() {
		_, err := conn.Read(make([]byte, 1))
		got <- err
	}()
	conn.rest()
	conn.extend(time.Second)
	select {
	case err := <-got:
		t.Fatalf("did not wait: %v", err)
	case <-time.After(50 * time.Millisecond):
	}
	if _, err := server.Write([]byte("x")); err != nil {
		t.Fatal(err)
	}
	if err := <-got; err != nil {
		t.Error(err)
	}
	// Armed while it waits, it ends.
	go func() {
		_, err := conn.Read(make([]byte, 1))
		got <- err
	}()
	conn.arm(20*time.Millisecond, time.Hour)
	if err := <-got; !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("got %v", err)
	}
}

// scripted is a server that sends one piece of its script at once, and one more after each line of the client; then it hangs up.
func scripted(tb testing.TB, script []byte) (url string) {
	tb.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = listener.Close() })
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			go func() {
				defer conn.Close()
				lines := bufio.NewReader(conn)
				for _, piece := range bytes.Split(script, []byte{0}) {
					if _, err := conn.Write(piece); err != nil {
						return
					}
					if _, err := lines.ReadString('\n'); err != nil {
						return
					}
				}
			}()
		}
	}()
	return "imap+insecure://" + listener.Addr().String()
}

// What scripts begin with.
const (
	greeted  = "* OK [CAPABILITY IMAP4rev1 IDLE UIDPLUS MOVE] hi\r\n\x00T1 OK [CAPABILITY IMAP4rev1 IDLE UIDPLUS MOVE] in\r\n\x00"
	selected = greeted + "* 1 EXISTS\r\n* OK [UIDVALIDITY 3] x\r\n* OK [UIDNEXT 2] x\r\nT2 OK [READ-WRITE] x\r\n\x00"
	listed   = selected + "* SEARCH 1\r\nT3 OK x\r\n\x00"
	fetched1 = listed + "* 1 FETCH (UID 1 FLAGS () RFC822.SIZE 3 INTERNALDATE \"17-Jul-1996 02:44:25 -0700\" BODY[] {3}\r\nabc)\r\nT4 OK x\r\n\x00"
)

func scriptedConfig(tb testing.TB, script []byte) Config {
	return Config{
		Mailbox: "m", URL: scripted(tb, script), SpoolDir: tb.TempDir(),
		Credentials: func(context.Context) (Credentials, error) { return Credentials{Username: "u", Password: "p"}, nil },
		Timings:     Timings{Dial: time.Second, Answer: 100 * time.Millisecond, Work: 100 * time.Millisecond},
	}
}

// FuzzServer answers a watcher with arbitrary bytes: whatever a server sends, one pass comes to an end, and nothing that it did not send whole
// is handed on.
func FuzzServer(f *testing.F) {
	f.Add([]byte("* OK hi\r\n"))
	f.Add([]byte(fetched1 + "T5 OK x\r\n\x00* SEARCH\r\nT6 OK x\r\n"))
	f.Add([]byte(listed + "* 1 FETCH (UID 1 BODY[] {300}\r\nabc"))
	f.Add([]byte(listed + "* 1 FETCH (FLAGS ([Gmail]) UID 1 BODY[]<0> NIL X-GM-MSGID 1)\r\nT4 OK x\r\n\x00* SEARCH\r\nT5 OK x\r\n"))
	f.Add([]byte(listed + "T4 NO [SERVERBUG] x\r\n\x00* SEARCH 1\r\nT5 OK x\r\n\x00T6 BAD x\r\n\x00* BYE x\r\n"))
	f.Add([]byte(selected + "* ESEARCH (TAG \"T3\") UID ALL 1:4294967295\r\nT3 OK x\r\n"))
	f.Add([]byte("* PREAUTH [CAPABILITY LOGINDISABLED] x\r\n\x00+ \r\n+ \r\nT1 NO [AUTHENTICATIONFAILED] x\r\n"))
	f.Add([]byte("* OK [CAPABILITY (1 ID")) // the library turns for ever over this one
	f.Fuzz(func(t *testing.T, script []byte) {
		ledger := &countingLedger{}
		w, err := New(scriptedConfig(t, script), ledger)
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
		defer cancel()
		_, _ = w.Once(ctx)
		if ctx.Err() != nil {
			t.Fatal("the pass does not end")
		}
		for _, raw := range ledger.delivered {
			if !bytes.Contains(script, raw) {
				t.Fatalf("handed on %q, which was never sent", raw)
			}
		}
	})
}

// The scripts that the fuzzer starts from do reach the places they are meant for.
func TestScriptedServer(t *testing.T) {
	t.Parallel()
	ledger := &countingLedger{}
	w, err := New(scriptedConfig(t, []byte(fetched1)), ledger)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Once(t.Context()); codeOf(err) != CodeTimeout {
		t.Errorf("at the end of the script: %v", err)
	}
	if len(ledger.delivered) != 1 || string(ledger.delivered[0]) != "abc" {
		t.Errorf("delivered %q", ledger.delivered)
	}
}

// A disk that fails in the middle of a body is our fault and ends the connection at once, without hanging on the rest of the body.
func TestFailingDisk(t *testing.T) {
	t.Parallel()
	body := strings.Repeat("0123456789", 100_000)
	cfg, err := scriptedConfig(t, []byte(selected+"* 1 FETCH (UID 1 BODY[] {1000000}\r\n"+body+")\r\nT3 OK x\r\n\x00")).withDefaults()
	if err != nil {
		t.Fatal(err)
	}
	cfg.Timings.Answer, cfg.Timings.Work = time.Minute, time.Minute
	to, err := parseURL(cfg.URL)
	if err != nil {
		t.Fatal(err)
	}
	conn, err := dial(t.Context(), cfg, to)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.close()
	open, err := openFolder(conn, cfg.Folder)
	if err != nil {
		t.Fatal(err)
	}
	s, err := newSpool(cfg.SpoolDir)
	if err != nil {
		t.Fatal(err)
	}
	defer s.close()
	_ = s.file.Close()
	// A file that only appends can be emptied, but not written to at a place.
	if s.file, err = os.OpenFile(filepath.Join(t.TempDir(), "full"), os.O_RDWR|os.O_CREATE|os.O_APPEND, 0o600); err != nil {
		t.Fatal(err)
	}
	request, err := open.ask(1, whole)
	if err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	if _, err := open.receive(request, s, 1<<30); codeOf(err) != CodeSpool || time.Since(began) > time.Minute {
		t.Errorf("got %v after %v", err, time.Since(began))
	}
}

// countingLedger keeps what is delivered, and knows nothing.
type countingLedger struct {
	lease     Lease
	delivered [][]byte
}

func (l *countingLedger) Acquire(context.Context, string, string) (Lease, error) { return l.lease, nil }
func (l *countingLedger) Beat(context.Context, Lease) error                      { return nil }
func (l *countingLedger) Release(context.Context, Lease) error                   { return nil }
func (l *countingLedger) Adopt(_ context.Context, lease Lease, a Adoption) (Lease, error) {
	lease.UIDValidity, lease.Generation, lease.Floor, lease.LastUID = a.UIDValidity, lease.Generation+1, a.Floor, 0
	return lease, nil
}
func (l *countingLedger) Known(_ context.Context, _ Lease, mails []Summary) ([]Fate, error) {
	return make([]Fate, len(mails)), nil
}
func (l *countingLedger) Compare(context.Context, Lease, []Summary) (int, int, error) {
	return 0, 0, nil
}
func (l *countingLedger) Deliver(_ context.Context, _ Lease, mail Mail) error {
	body, err := mail.Body()
	if err != nil {
		return err
	}
	defer body.Close()
	raw, err := io.ReadAll(body)
	if err != nil || int64(len(raw)) != mail.Size {
		return errors.Join(err, errors.New("size differs"))
	}
	l.delivered = append(l.delivered, raw)
	return nil
}
func (l *countingLedger) Pass(context.Context, Lease, []Summary, Fate, string) error { return nil }
func (l *countingLedger) Failed(context.Context, Lease, Position, string) (int, error) {
	return 1, nil
}
func (l *countingLedger) Missing(context.Context, Lease, []uint32, []uint32) ([]Hole, error) {
	return nil, nil
}
func (l *countingLedger) Gone(context.Context, Lease, []uint32) (int, error) { return 0, nil }
func (l *countingLedger) Unmarked(context.Context, Lease, uint32, int) ([]Position, error) {
	return nil, nil
}
func (l *countingLedger) Marked(context.Context, Lease, []Mark) error { return nil }
func (l *countingLedger) Swept(context.Context, Lease, Sweep) error   { return nil }
func (l *countingLedger) Health(context.Context, Lease, Health) error { return nil }
