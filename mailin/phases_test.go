package mailin_test

import (
	"bytes"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/url"
	"regexp"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"caseconsultant/mailin"
	"caseconsultant/mailin/imaptest"
)

var (
	tagged      = regexp.MustCompile(`^T\d+ `)
	literalSize = regexp.MustCompile(`\{(\d+)\}\r\n`)
)

// spoilers are what may become of a response.
var spoilers = []struct {
	name  string
	spoil func(response []byte) ([]byte, imaptest.After)
}{
	{"Stalls", func(r []byte) ([]byte, imaptest.After) { return nil, imaptest.FallSilent }},
	{"StallsInTheMiddle", func(r []byte) ([]byte, imaptest.After) { return r[:len(r)/2], imaptest.FallSilent }},
	{"IsCut", func(r []byte) ([]byte, imaptest.After) { return nil, imaptest.HangUp }},
	{"IsCutInTheMiddle", func(r []byte) ([]byte, imaptest.After) { return r[:len(r)/2], imaptest.HangUp }},
	{"IsCutAtTheLastByte", func(r []byte) ([]byte, imaptest.After) { return r[:len(r)-1], imaptest.HangUp }},
	{"IsRandomBytes", func(r []byte) ([]byte, imaptest.After) {
		junk := make([]byte, 80)
		for i := range junk {
			junk[i] = byte(rand.N(256))
		}
		return append(junk, "\r\n"...), imaptest.GoOn
	}},
	{"FollowsJunk", func(r []byte) ([]byte, imaptest.After) {
		return append([]byte("\x00\xff{{ (((\r\n"), r...), imaptest.GoOn
	}},
	{"FollowsUnaskedData", func(r []byte) ([]byte, imaptest.After) {
		return append([]byte("* OK [ALERT] maintenance tonight\r\n* FLAGS (\\Seen $X)\r\n* 1 FETCH (FLAGS (\\Seen))\r\n"), r...), imaptest.GoOn
	}},
	{"HasAnotherTag", func(r []byte) ([]byte, imaptest.After) {
		return tagged.ReplaceAllLiteral(r, []byte("Q9 ")), imaptest.GoOn
	}},
	{"PromisesMore", func(r []byte) ([]byte, imaptest.After) {
		return literalSize.ReplaceAll(r, []byte("{9${1}}\r\n")), imaptest.GoOn
	}},
	{"PromisesLess", func(r []byte) ([]byte, imaptest.After) {
		return literalSize.ReplaceAllLiteral(r, []byte("{7}\r\n")), imaptest.GoOn
	}},
	{"BreaksOffItsLiteral", func(r []byte) ([]byte, imaptest.After) {
		if at := literalSize.FindIndex(r); at != nil {
			return append(bytes.Clone(r[:at[1]+(len(r)-at[1])/2]), ")\r\nT99 OK done\r\n"...), imaptest.GoOn
		}
		return r, imaptest.GoOn
	}},
}

// Whatever becomes of whichever response, the watcher notices by a deadline or by the bytes, connects anew, and in the end each mail has been
// handed on once and whole, the cursor stands at the last, and all are marked.
func TestEveryPhaseSpoiled(t *testing.T) {
	t.Parallel()
	for _, phase := range []string{"GREETING", "CAPABILITY", "LOGIN", "SELECT", "SEARCH", "HEADERS", "FETCH", "STORE", "IDLE", "DONE", "NOOP"} {
		t.Run(phase, func(t *testing.T) {
			t.Parallel()
			imaptest.Each(t, func(t *testing.T, srv *imaptest.Server) {
				hostile := imaptest.NewHostile(t, srv, imaptest.Rules{})
				cfg := impatient(srv)
				cfg.URL = hostile.URL()
				cfg.Timings.Settle = 20 * time.Millisecond
				cfg.Timings.Sweep = 250 * time.Millisecond // marks that failed are made by a sweep
				ledger := imaptest.NewLedger()
				watch(t, cfg, ledger)
				letters := make(map[uint32][]byte)
				add := func(id string) {
					raw := imaptest.Letter(id, "Question "+id, "May I bill 31255-50 with 30520? "+id)
					letters[srv.Append(t, inbox, raw, nil, time.Time{})] = raw
				}
				add("first")
				untilState(t, ledger, mailin.StateIdle)
				for _, spoiler := range spoilers {
					var left atomic.Int32
					left.Store(2)
					fired := make(chan struct{})
					var once sync.Once
					hostile.Set(imaptest.Rules{Spoil: func(at string, response []byte) ([]byte, imaptest.After) {
						if phase == "CAPABILITY" { // asked for only when the server does not say so by itself
							response = capabilityCode.ReplaceAll(response, nil)
						}
						if at != phase || left.Add(-1) < 0 {
							return response, imaptest.GoOn
						}
						once.Do(func() { close(fired) })
						return spoiler.spoil(response)
					}})
					hostile.Drop()
					add(spoiler.name + "-a")
					add(spoiler.name + "-b")
					// The headers are a spot check at the beginning of a connection, and left out for a while when it fails.
					for again, deadline := time.NewTicker(400*time.Millisecond), time.Now().Add(20*time.Second); ; {
						select {
						case <-fired:
						case <-again.C:
							if time.Now().After(deadline) {
								t.Fatalf("%s: the phase was not reached", spoiler.name)
							}
							if phase == "HEADERS" {
								hostile.Drop()
							}
							continue
						}
						again.Stop()
						break
					}
					view := until(t, ledger, spoiler.name+" is over", func(v imaptest.View) bool {
						return len(v.Delivered()) == len(letters) && v.Health().Connected()
					})
					if len(view.Sequence) != len(letters) {
						t.Errorf("%s: handed on %v", spoiler.name, view.Sequence)
					}
					highest := uint32(0)
					for uid, raw := range letters {
						highest = max(highest, uid)
						if row := view.Row(uid); row == nil || !bytes.Equal(row.Raw, raw) || row.Mail.Truncated {
							t.Errorf("%s: mail %d is not as it was sent: %+v", spoiler.name, uid, row)
						}
					}
					if view.Lease.LastUID != highest {
						t.Errorf("%s: the cursor is at %d, want %d", spoiler.name, view.Lease.LastUID, highest)
					}
				}
				hostile.Set(imaptest.Rules{})
				hostile.Drop()
				until(t, ledger, "all are marked", func(v imaptest.View) bool {
					for _, row := range v.Delivered() {
						if row.Mark != mailin.MarkFlagged {
							return false
						}
					}
					return v.Health().Connected()
				})
			})
		})
	}
}

// byteProxy passes a server's bytes on up to a number of them, on each connection, then stalls or cuts.
type byteProxy struct {
	listener net.Listener
	target   string
	limit    atomic.Int64 // negative: none
	cut      atomic.Bool
	hits     atomic.Int64

	mu    sync.Mutex
	conns []net.Conn
}

func newByteProxy(t *testing.T, target string) *byteProxy {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &byteProxy{listener: listener, target: target}
	p.limit.Store(-1)
	t.Cleanup(func() {
		_ = listener.Close()
		p.drop()
	})
	go func() {
		for {
			client, err := listener.Accept()
			if err != nil {
				return
			}
			server, err := net.Dial("tcp", p.target)
			if err != nil {
				_ = client.Close()
				continue
			}
			p.mu.Lock()
			p.conns = append(p.conns, client, server)
			p.mu.Unlock()
			go func() {
				_, _ = io.Copy(server, client)
				_ = server.Close()
			}()
			go p.answer(client, server)
		}
	}()
	return p
}

func (p *byteProxy) answer(client, server net.Conn) {
	defer client.Close()
	buffer := make([]byte, 16<<10)
	for passed := int64(0); ; {
		n, err := server.Read(buffer)
		if limit := p.limit.Load(); limit >= 0 && passed+int64(n) > limit {
			_, _ = client.Write(buffer[:max(0, limit-passed)])
			p.hits.Add(1)
			if p.cut.Load() {
				_ = server.Close()
				return
			}
			_, _ = io.Copy(io.Discard, server) // until somebody hangs up
			return
		}
		if _, writeErr := client.Write(buffer[:n]); err != nil || writeErr != nil {
			return
		}
		passed += int64(n)
	}
}

func (p *byteProxy) drop() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, conn := range p.conns {
		_ = conn.Close()
	}
	p.conns = nil
}

// The connection stalls or breaks after any number of bytes, in the clear and inside TLS, begun at once or by STARTTLS: no wait is without
// end, and nothing is lost or doubled.
func TestConnectionEndsAtAnyByte(t *testing.T) {
	t.Parallel()
	for _, scheme := range []string{"imaps", "imap", "imap+insecure"} {
		t.Run(scheme, func(t *testing.T) {
			t.Parallel()
			imaptest.Each(t, func(t *testing.T, srv *imaptest.Server) {
				target := srv.InsecureURL()
				if scheme == "imaps" {
					target = srv.URL()
				}
				parsed, err := url.Parse(target)
				if err != nil {
					t.Fatal(err)
				}
				proxy := newByteProxy(t, parsed.Host)
				cfg := impatient(srv)
				cfg.URL = scheme + "://" + proxy.listener.Addr().String()
				cfg.TLS.ServerName = parsed.Hostname()
				cfg.Timings.Settle = 20 * time.Millisecond
				ledger := imaptest.NewLedger()
				watch(t, cfg, ledger)
				var letters [][]byte
				for _, cut := range []bool{false, true} {
					for _, limit := range []int64{0, 1, 20, 90, 200, 400, 700, 1100, 1500, 1900, 2300, 2800, 3400} {
						proxy.cut.Store(cut)
						proxy.limit.Store(limit)
						hits := proxy.hits.Load()
						proxy.drop()
						name := fmt.Sprintf("%v-%d", cut, limit)
						raw := imaptest.Letter(name, "Question", "May I bill 31256? "+name)
						srv.Append(t, inbox, raw, nil, time.Time{})
						letters = append(letters, raw)
						until(t, ledger, "the limit is reached at "+name+", or the mail is here", func(v imaptest.View) bool {
							return proxy.hits.Load() > hits+1 || len(v.Delivered()) == len(letters)
						})
						proxy.limit.Store(-1)
						proxy.drop()
						view := until(t, ledger, name+" is over", func(v imaptest.View) bool {
							return len(v.Delivered()) == len(letters) && v.Health().Connected()
						})
						if len(view.Sequence) != len(letters) || view.Lease.LastUID != view.Rows[len(view.Rows)-1].UID {
							t.Errorf("%s: handed on %v, the cursor is at %d", name, view.Sequence, view.Lease.LastUID)
						}
					}
				}
				for i, row := range ledger.Book().View("consult", inbox).Delivered() {
					if !bytes.Equal(row.Raw, letters[i]) {
						t.Errorf("mail %d is not as it was sent", i)
					}
				}
			})
		})
	}
}

// A pass that is over does not wait for a goodbye.
func TestLogoutIsNotWaitedFor(t *testing.T) {
	t.Parallel()
	for name, rules := range map[string]imaptest.Rules{"Silent": {SilentAt: "LOGOUT"}, "Drop": {DropAt: "LOGOUT"}, "Refused": {Refuse: refuse("LOGOUT", "BAD no")},
		"Junk": {Spoil: func(phase string, r []byte) ([]byte, imaptest.After) {
			if phase == "LOGOUT" {
				r = []byte("\x00((\r\n")
			}
			return r, imaptest.GoOn
		}}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			imaptest.Each(t, func(t *testing.T, srv *imaptest.Server) {
				fill(t, srv, 2)
				cfg := impatient(srv)
				cfg.URL = imaptest.NewHostile(t, srv, rules).URL()
				cfg.SpoolDir = t.TempDir()
				ledger := imaptest.NewLedger()
				w, err := mailin.New(cfg, ledger)
				if err != nil {
					t.Fatal(err)
				}
				began := time.Now()
				if sweep, err := w.Once(t.Context()); err != nil || sweep.Listed != 2 || time.Since(began) > time.Minute {
					t.Errorf("%+v, %v after %v", sweep, err, time.Since(began))
				}
			})
		})
	}
}
