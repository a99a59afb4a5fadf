package mailin_test

import (
	"bytes"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"caseconsultant/mailin"
	"caseconsultant/mailin/imaptest"
)

// impatient is a configuration that gives a silent server little time.
func impatient(srv *imaptest.Server) mailin.Config {
	cfg := srv.Config()
	cfg.Timings.Dial = 500 * time.Millisecond
	cfg.Timings.Answer = 300 * time.Millisecond
	cfg.Timings.Work = 300 * time.Millisecond
	cfg.Timings.Idle = 300 * time.Millisecond
	cfg.Timings.Retries = []time.Duration{10 * time.Millisecond, 10 * time.Millisecond, 10 * time.Millisecond, 10 * time.Millisecond,
		10 * time.Millisecond, 10 * time.Millisecond, 10 * time.Millisecond}
	return cfg
}

// Whatever the server is waiting for when it falls silent, says goodbye or hangs up: the watcher notices, says so, and goes on when it is back.
func TestStuckServerAtEveryStep(t *testing.T) {
	t.Parallel()
	steps := []string{"GREETING", "CAPABILITY", "LOGIN", "SELECT", "SEARCH", "FETCH", "STORE", "IDLE", "DONE"}
	kinds := map[string]func(step string) imaptest.Rules{
		"Silent": func(step string) imaptest.Rules { return imaptest.Rules{SilentAt: step} },
		"Bye":    func(step string) imaptest.Rules { return imaptest.Rules{ByeAt: step} },
		"Drop":   func(step string) imaptest.Rules { return imaptest.Rules{DropAt: step} },
	}
	for kind, rules := range kinds {
		for _, step := range steps {
			t.Run(kind+"/"+step, func(t *testing.T) {
				t.Parallel()
				srv := imaptest.Memory(t)
				letters := fill(t, srv, 2)
				bad := rules(step)
				if step == "CAPABILITY" { // asked for only when the server does not say so by itself
					bad.Rewrite = func(response []byte) []byte { return capabilityCode.ReplaceAll(response, nil) }
				}
				hostile := imaptest.NewHostile(t, srv, bad)
				cfg := impatient(srv)
				cfg.URL = hostile.URL()
				ledger := imaptest.NewLedger()
				watch(t, cfg, ledger)
				view := until(t, ledger, "the trouble shows", func(v imaptest.View) bool { return v.Health().State == mailin.StateRetrying })
				code := view.Health().Code
				switch {
				case kind == "Silent" && code != mailin.CodeTimeout,
					kind != "Silent" && code != mailin.CodeClosed && code != mailin.CodeGreeting:
					t.Errorf("health code %q", code)
				}
				if step == "STORE" && len(view.Delivered()) != 2 {
					t.Errorf("%d delivered; a mark must hold up nothing", len(view.Delivered()))
				}
				hostile.Set(imaptest.Rules{})
				view = until(t, ledger, "all is well again", func(v imaptest.View) bool {
					return len(v.Delivered()) == 2 && v.Health().State == mailin.StateIdle
				})
				if len(view.Sequence) != 2 || !bytes.Equal(view.Delivered()[1].Raw, letters[1]) {
					t.Errorf("delivered %v", view.Sequence)
				}
			})
		}
	}
}

var capabilityCode = regexp.MustCompile(`\[CAPABILITY [^\]]*\] `)

func TestSilenceAndEndInTheMiddleOfABody(t *testing.T) {
	t.Parallel()
	for name, rules := range map[string]imaptest.Rules{
		"Silent": {SilentInBody: true},
		"Cut": {CutAfter: func(response []byte) int {
			if bytes.Contains(response, []byte("BODY[]")) {
				return len(response) - 20
			}
			return -1
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			imaptest.Each(t, func(t *testing.T, srv *imaptest.Server) {
				letters := fill(t, srv, 1)
				hostile := imaptest.NewHostile(t, srv, rules)
				cfg := impatient(srv)
				cfg.Timings.Retries = []time.Duration{time.Hour}
				cfg.URL = hostile.URL()
				ledger := imaptest.NewLedger()
				w := watch(t, cfg, ledger)
				view := until(t, ledger, "the failure is counted", func(v imaptest.View) bool { return len(v.Tries) == 1 })
				if len(view.Rows) != 0 {
					t.Fatalf("half a mail was delivered: %+v", view.Rows)
				}
				w.stop() // a restart knows of it, and tries again at once
				hostile.Set(imaptest.Rules{})
				watch(t, cfg, ledger)
				view = untilDelivered(t, ledger, 1)
				if !bytes.Equal(view.Delivered()[0].Raw, letters[0]) {
					t.Error("the mail differs")
				}
			})
		})
	}
}

func TestFrozenNetwork(t *testing.T) {
	t.Parallel()
	imaptest.Each(t, func(t *testing.T, srv *imaptest.Server) {
		ledger := imaptest.NewLedger()
		cfg := impatient(srv)
		cfg.Timings.Answer, cfg.Timings.Work = time.Second, time.Second
		watch(t, cfg, ledger)
		untilState(t, ledger, mailin.StateIdle)
		srv.Freeze()
		fill(t, srv, 1)
		until(t, ledger, "the silence is noticed", func(v imaptest.View) bool { return v.Health().Code == mailin.CodeTimeout })
		srv.Thaw()
		untilDelivered(t, ledger, 1)
	})
}

// badFetch spoils the answers to FETCH for one mail, as long as spoil says so for the items that were asked for.
func badFetch(uid uint32, spoil func(response []byte) []byte) imaptest.Rules {
	return imaptest.Rules{Rewrite: func(response []byte) []byte {
		if imaptest.IsFetchOf(response, uid) {
			return spoil(response)
		}
		return response
	}}
}

var (
	internalDate = regexp.MustCompile(`INTERNALDATE "[^"]*"`)
	flagList     = regexp.MustCompile(`FLAGS \([^)]*\)`)
	mailSize     = regexp.MustCompile(`RFC822\.SIZE \d+`)
)

// What some servers write kills the connection in the IMAP library. The mail is had in another way, and the mails behind it do not wait.
func TestOddAnswers(t *testing.T) {
	t.Parallel()
	replace := func(pattern *regexp.Regexp, by string) func([]byte) []byte {
		return func(response []byte) []byte { return pattern.ReplaceAllLiteral(response, []byte(by)) }
	}
	for name, spoil := range map[string]func([]byte) []byte{
		"EmptyInternalDate": replace(internalDate, `INTERNALDATE ""`),
		"BracketInFlag":     replace(flagList, `FLAGS ([Gmail]/Sent)`),
		"NegativeSize":      replace(mailSize, `RFC822.SIZE -1`),
		"UnaskedItem": func(response []byte) []byte {
			if bytes.Contains(response, []byte("INTERNALDATE")) {
				return bytes.Replace(response, []byte("("), []byte("(X-GM-MSGID 7 "), 1)
			}
			return response
		},
		"BlankLineBetween": func(response []byte) []byte {
			if bytes.Contains(response, []byte("INTERNALDATE")) {
				return append([]byte("\r\n"), response...)
			}
			return response
		},
		"UIDBehindBody": func(response []byte) []byte {
			response = regexp.MustCompile(`\(UID 2 `).ReplaceAll(response, []byte("("))
			return append(bytes.TrimSuffix(response, []byte(")\r\n")), []byte(" UID 2)\r\n")...)
		},
		"BodyMissing": func(response []byte) []byte {
			if bytes.Contains(response, []byte("INTERNALDATE")) {
				return []byte("* 2 FETCH (UID 2 FLAGS ())\r\n")
			}
			return response
		},
		"PartialForWhole": func(response []byte) []byte {
			return bytes.Replace(response, []byte("BODY[] "), []byte("BODY[]<0> "), 1)
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			imaptest.Each(t, func(t *testing.T, srv *imaptest.Server) {
				letters := fill(t, srv, 4)
				hostile := imaptest.NewHostile(t, srv, badFetch(2, spoil))
				cfg := impatient(srv)
				cfg.URL = hostile.URL()
				ledger := imaptest.NewLedger()
				watch(t, cfg, ledger)
				view := untilDelivered(t, ledger, 4)
				for i, row := range view.Delivered() {
					if !bytes.Equal(row.Raw, letters[i]) || row.Mail.Truncated || row.Mail.Late {
						t.Errorf("mail %d: %q, truncated %v, late %v", i, row.Raw, row.Mail.Truncated, row.Mail.Late)
					}
				}
			})
		})
	}
}

// The same oddity in all mails costs a few reconnections, not one for each mail.
func TestServerThatIsAlwaysOdd(t *testing.T) {
	t.Parallel()
	srv := imaptest.Memory(t)
	fill(t, srv, 40)
	hostile := imaptest.NewHostile(t, srv, imaptest.Rules{Rewrite: func(response []byte) []byte {
		return internalDate.ReplaceAllLiteral(response, []byte(`INTERNALDATE ""`))
	}})
	cfg := impatient(srv)
	cfg.URL = hostile.URL()
	ledger := imaptest.NewLedger()
	watch(t, cfg, ledger)
	untilDelivered(t, ledger, 40)
	if n := hostile.Connections(); n > 15 {
		t.Errorf("%d connections for 40 mails", n)
	}
}

// A mail that can be had in no way is passed as failed in the end; the mails behind it have long been delivered; the count survives restarts.
func TestPoisonMail(t *testing.T) {
	t.Parallel()
	for name, spoil := range map[string]func([]byte) []byte{
		"KillsTheConnection": func([]byte) []byte { return []byte("* 2 FETCH (UID 2 BODY[] {999999999999999999999}\r\n") },
		"AnswersNothing":     func([]byte) []byte { return nil },
		"IsRefused":          nil,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			imaptest.Each(t, func(t *testing.T, srv *imaptest.Server) {
				fill(t, srv, 4)
				rules := imaptest.Rules{Refuse: func(name, line string) string {
					if name == "FETCH" && (strings.HasPrefix(line, "UID FETCH 2 ") || strings.HasPrefix(line, "FETCH 2 ")) {
						return "NO [SERVERBUG] message cannot be rendered"
					}
					return ""
				}}
				if spoil != nil {
					rules = badFetch(2, spoil)
				}
				cfg := impatient(srv)
				cfg.Timings.Retries = []time.Duration{10 * time.Millisecond, 50 * time.Millisecond, 50 * time.Millisecond}
				cfg.URL = imaptest.NewHostile(t, srv, rules).URL()
				ledger := imaptest.NewLedger()
				w := watch(t, cfg, ledger)
				view := untilDelivered(t, ledger, 3)
				if row := view.Row(2); row != nil && row.Fate == mailin.FateFailed {
					t.Error("the mails behind had to wait until it was given up")
				}
				until(t, ledger, "a failure is counted", func(v imaptest.View) bool { return v.Tries[2] >= 1 || v.Row(2) != nil })
				w.stop()
				watch(t, cfg, ledger)
				view = until(t, ledger, "it is given up", func(v imaptest.View) bool { return v.Row(2) != nil })
				if row := view.Row(2); row.Fate != mailin.FateFailed || row.Reason == "" {
					t.Errorf("fate %q, reason %q", row.Fate, row.Reason)
				}
				view = untilState(t, ledger, mailin.StateIdle)
				if len(view.Sequence) != 3 {
					t.Errorf("deliveries: %v", view.Sequence)
				}
			})
		})
	}
}

// A poison mail that a restarted watcher finds as a hole does not keep the other holes waiting.
func TestPoisonAmongHoles(t *testing.T) {
	t.Parallel()
	srv := imaptest.Memory(t)
	fill(t, srv, 5)
	ledger := imaptest.NewLedger()
	lease, err := ledger.Acquire(t.Context(), "consult", inbox)
	if err != nil {
		t.Fatal(err)
	}
	validity := srv.UIDValidity(t, inbox)
	if lease, err = ledger.Adopt(t.Context(), lease, mailin.Adoption{UIDValidity: validity}); err != nil {
		t.Fatal(err)
	}
	if _, err := ledger.Failed(t.Context(), lease, mailin.Position{UIDValidity: validity, UID: 5}, "closed"); err != nil {
		t.Fatal(err)
	}
	if err := ledger.Release(t.Context(), lease); err != nil {
		t.Fatal(err)
	}
	cfg := impatient(srv)
	cfg.Timings.Retries = []time.Duration{time.Hour, time.Hour, time.Hour}
	cfg.URL = imaptest.NewHostile(t, srv, badFetch(1, func([]byte) []byte { return []byte("* 1 FETCH (UID 1 ]\r\n") })).URL()
	watch(t, cfg, ledger)
	view := untilDelivered(t, ledger, 4)
	if view.Tries[1] != 1 || view.Row(1) != nil {
		t.Errorf("tries %v", view.Tries)
	}
	until(t, ledger, "the reconciliation is done", func(v imaptest.View) bool { return len(v.Sweeps) > 0 && v.Sweeps[0].Waiting == 1 })
}

// A mail whose body the server cannot give is handed on as far as it can be had, and says so.
func TestMailWhoseBodyCannotBeHad(t *testing.T) {
	t.Parallel()
	imaptest.Each(t, func(t *testing.T, srv *imaptest.Server) {
		letters := fill(t, srv, 2)
		cfg := impatient(srv)
		cfg.URL = imaptest.NewHostile(t, srv, imaptest.Rules{Refuse: func(name, line string) string {
			if name == "FETCH" && strings.Contains(line, "FETCH 1 ") && (strings.Contains(line, "BODY.PEEK[]") || strings.Contains(line, "TEXT")) {
				return "NO [CORRUPTION] body lost"
			}
			return ""
		}}).URL()
		ledger := imaptest.NewLedger()
		watch(t, cfg, ledger)
		row := untilDelivered(t, ledger, 2).Row(1)
		header := letters[0][:bytes.Index(letters[0], []byte("\r\n\r\n"))+4]
		if !bytes.Equal(row.Raw, header) || !row.Mail.Truncated || row.Mail.Reason != mailin.ReasonUnfetchable {
			t.Errorf("got %q, truncated %v, reason %q", row.Raw, row.Mail.Truncated, row.Mail.Reason)
		}
	})
}

// While a server lists mails but cannot give any (its storage is away), mails are not given up one after the other.
func TestStorageAwayCostsNoMail(t *testing.T) {
	t.Parallel()
	srv := imaptest.Memory(t)
	fill(t, srv, 30)
	hostile := imaptest.NewHostile(t, srv, imaptest.Rules{Refuse: func(name, line string) string {
		if name == "FETCH" {
			return "NO [UNAVAILABLE] storage is away"
		}
		return ""
	}})
	cfg := srv.Config()
	cfg.URL = hostile.URL()
	cfg.Timings.BackoffMin, cfg.Timings.BackoffMax = 20*time.Millisecond, 40*time.Millisecond
	ledger := imaptest.NewLedger()
	w := watch(t, cfg, ledger)
	view := until(t, ledger, "several attempts have failed", func(v imaptest.View) bool { return len(v.Healths) > 12 })
	if len(view.Rows) != 0 || view.Health().Waiting == 0 {
		t.Errorf("rows %+v, health %+v", view.Rows, view.Health())
	}
	hostile.Set(imaptest.Rules{})
	if _, err := w.Reconcile(t.Context()); err != nil {
		t.Fatal(err)
	}
	untilDelivered(t, ledger, 30)
}

// Steps that no mail depends on may end the connection each time: the mail arrives all the same.
func TestNothingDependsOnMarksAndSweeps(t *testing.T) {
	t.Parallel()
	for name, rules := range map[string]imaptest.Rules{
		"Mark": {DropAt: "STORE"},
		"Sweep": {Refuse: func(_, line string) string {
			return map[bool]string{true: "BAD no", false: ""}[line == "UID SEARCH DELETED"]
		}},
		"MarkBadly": {Refuse: func(name, _ string) string { return map[bool]string{true: "WHAT", false: ""}[name == "STORE"] }},
		"SpotChecks": {Rewrite: func(r []byte) []byte {
			return regexp.MustCompile(`BODY\[HEADER\.FIELDS`).ReplaceAll(r, []byte("BODY[!"))
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			srv := imaptest.Memory(t)
			hostile := imaptest.NewHostile(t, srv, rules)
			cfg := impatient(srv)
			cfg.URL = hostile.URL()
			ledger := imaptest.NewLedger()
			watch(t, cfg, ledger)
			for i := range 4 {
				fill(t, srv, 1)
				untilDelivered(t, ledger, i+1)
				hostile.Drop()
			}
			view := untilState(t, ledger, mailin.StateIdle)
			if len(view.Sequence) != 4 || len(view.Tries) != 0 {
				t.Errorf("deliveries %v, tries %v", view.Sequence, view.Tries)
			}
		})
	}
}

func TestImpossibleListings(t *testing.T) {
	t.Parallel()
	for _, answer := range []string{
		"* ESEARCH (TAG \"%s\") UID ALL 1:4294967295\r\n", "* SEARCH 0\r\n", "* ESEARCH (TAG \"%s\") ALL 1:3\r\n",
		"* SEARCH 99999999999\r\n", "* SEARCH 1 1 1 3 2\r\n",
	} {
		t.Run(answer, func(t *testing.T) {
			t.Parallel()
			srv := imaptest.Memory(t)
			fill(t, srv, 3)
			var bad atomic.Bool
			bad.Store(true)
			hostile := imaptest.NewHostile(t, srv, imaptest.Rules{Rewrite: func(response []byte) []byte {
				if bad.Load() && bytes.Contains(response, []byte("SEARCH ")) && bytes.HasPrefix(response, []byte("*")) {
					text := answer
					if strings.Contains(text, "%s") {
						text = fmt.Sprintf(text, "T4")
					}
					return []byte(text)
				}
				return response
			}})
			cfg := impatient(srv)
			cfg.URL = hostile.URL()
			ledger := imaptest.NewLedger()
			watch(t, cfg, ledger)
			until(t, ledger, "it has looked", func(v imaptest.View) bool {
				return len(v.Healths) > 2 && (v.Health().State == mailin.StateIdle || v.Health().State == mailin.StateRetrying)
			})
			bad.Store(false)
			hostile.Drop()
			untilDelivered(t, ledger, 3)
		})
	}
}

// The watcher asks only for what servers get right, and changes nothing but its mark.
func TestCommandsOnTheWire(t *testing.T) {
	t.Parallel()
	imaptest.Each(t, func(t *testing.T, srv *imaptest.Server) {
		fill(t, srv, 30)
		hostile := imaptest.NewHostile(t, srv, imaptest.Rules{})
		cfg := srv.Config()
		cfg.URL = hostile.URL()
		ledger := imaptest.NewLedger()
		watch(t, cfg, ledger)
		untilState(t, ledger, mailin.StateIdle)
		allowed := regexp.MustCompile(`^(LOGIN .*|CAPABILITY|SELECT "?INBOX"?|UID SEARCH .*|UID FETCH \d+ \(UID .*BODY\.PEEK\[\]\)|UID STORE [\d:,]+ \+FLAGS\.SILENT \(\$CaseConsultantDone\)|IDLE|DONE|NOOP)$`)
		commands := hostile.Commands()
		for _, command := range commands {
			if !allowed.MatchString(command) || strings.Contains(command, "ENVELOPE") || strings.Contains(command, "RETURN") {
				t.Errorf("sent: %s", command)
			}
		}
		if n := len(slices.DeleteFunc(commands, func(c string) bool { return !strings.HasPrefix(c, "UID STORE") })); n > 2 {
			t.Errorf("%d STOREs for one batch", n)
		}
	})
}
