package screen_test

import (
	"os"
	"strings"
	"testing"

	"caseconsultant/mailin/message"
	"caseconsultant/mailin/screen"
)

// sample is one mail of testdata: "=== name: kind words", then the mail.
type sample struct {
	name string
	want []string
	raw  string
}

func samples(t testing.TB, file string) []sample {
	t.Helper()
	content, err := os.ReadFile("testdata/" + file)
	if err != nil {
		t.Fatal(err)
	}
	var list []sample
	for i, block := range strings.Split("\n"+string(content), "\n=== ") {
		if i == 0 {
			continue // what the file says of itself
		}
		head, raw, _ := strings.Cut(block, "\n")
		name, want, ok := strings.Cut(head, ": ")
		if !ok {
			t.Fatalf("%s: %q states no kind", file, head)
		}
		list = append(list, sample{name, strings.Fields(want), strings.ReplaceAll(strings.TrimRight(raw, "\n")+"\n", "\n", "\r\n")})
	}
	return list
}

var options = screen.Options{OwnAddresses: []string{"consult@firm.example"}, LoopHeader: "X-CaseConsultant-Loop", AcceptAutomatic: []string{"scanner@clinic.example", "@ehr.example", "coding-group@lists.example"}}

// What servers say of our mail: its kind, whom it did not reach, why, and which mail of ours it was.
func TestServersMails(t *testing.T) {
	t.Parallel()
	list := samples(t, "bounces.txt")
	for _, s := range list {
		t.Run(s.name, func(t *testing.T) {
			t.Parallel()
			m, _ := message.Parse(strings.NewReader(s.raw), message.Options{})
			v := screen.Classify(m, options)
			if string(v.Kind) != s.want[0] || v.Reason == "" || v.Silent {
				t.Errorf("it is %s (%s, %v), want %s", v.Kind, v.Reason, v.Evidence, s.want[0])
			}
			if v.Kind != screen.Bounce && v.Kind != screen.Delay {
				return
			}
			if m.Report == nil {
				t.Fatal("nothing was read of it")
			}
			orNone := func(s string) string {
				if s == "" {
					return "-"
				}
				return s
			}
			if got := []string{orNone(m.Report.Recipient), orNone(m.Report.Status), orNone(m.Report.OriginalMessageID)}; strings.Join(got, " ") != strings.Join(s.want[1:], " ") {
				t.Errorf("read as %v, want %v; %+v", got, s.want[1:], m.Report)
			}
			if m.Text == "" {
				t.Error("its text is lost")
			}
		})
	}
}

// Machines' mail is told from persons', whatever marks the latter bear.
func TestMachinesAndPersons(t *testing.T) {
	t.Parallel()
	list := append(samples(t, "automatic.txt"), samples(t, "persons.txt")...)
	if n := len(list) + len(samples(t, "bounces.txt")); n < 200 {
		t.Errorf("only %d mails", n)
	}
	for _, s := range list {
		t.Run(s.name, func(t *testing.T) {
			t.Parallel()
			m, _ := message.Parse(strings.NewReader(s.raw), message.Options{})
			v := screen.Classify(m, options)
			silent := len(s.want) > 1 && s.want[1] == "silent"
			if string(v.Kind) != s.want[0] || v.Reason == "" || v.Silent != silent {
				t.Errorf("it is %s, silent %v (%s, %v), want %v", v.Kind, v.Silent, v.Reason, v.Evidence, s.want)
			}
			if v.Kind == screen.Person && m.Report != nil {
				t.Errorf("a person's mail is read as %+v", m.Report)
			}
		})
	}
}
