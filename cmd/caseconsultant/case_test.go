package main

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"caseconsultant/workflow/casefile"
)

func TestCaseCommandsWhileServing(t *testing.T) {
	t.Parallel()
	eachInstall(t, func(t *testing.T, i *install) {
		i.serve()
		for n := range 3 {
			i.arrives(question(fmt.Sprint("q", n), fmt.Sprint("Question ", n), fmt.Sprintf("When is CPT %d right?", 99212+n)))
			i.smtp.WaitMessages(t, n+1) // of mails that come at once none is the first
		}
		i.run("a long enough passphrase\n", "user", "add", "dana@firm.example", "--password-stdin")
		i.run("another good passphrase\n", "user", "add", "lee@firm.example", "--password-stdin")
		list := objects(t, i.run("", "case", "list", "--json"))
		if len(list) != 3 {
			t.Fatalf("cases: %v", list)
		}
		ref := func(n int) string { return list[n]["ref"].(string) }

		// O for 0 and so on are forgiven, and so is the case of letters.
		written := strings.NewReplacer("0", "o", "1", "l").Replace(strings.ToLower(ref(0)))
		if got := object(t, i.run("", "case", "claim", written, "--as", "dana@firm.example", "--json")); got["state"] != "claimed" || got["claimed_by"] != "dana@firm.example" {
			t.Errorf("claim: %v", got)
		}
		if r := i.try("words", "case", "answer", ref(0), "--as", "lee@firm.example", "--file", "-"); r.status != 1 || !strings.Contains(r.errors, "dana@firm.example") {
			t.Errorf("answering a colleague's case: %d %q", r.status, r.errors)
		}
		if mine := objects(t, i.run("", "case", "list", "--as", "dana@firm.example", "--json")); len(mine) != 1 || mine[0]["ref"] != ref(0) {
			t.Errorf("dana's cases: %v", mine)
		}
		i.run("Look at the time rule.", "case", "note", ref(0), "--as", "lee@firm.example", "--file", "-")
		if got := object(t, i.run("How long was the visit?\r\n", "case", "ask", ref(0), "--as", "dana@firm.example", "--file", "-", "--json")); got["state"] != "asked_back" ||
			got["delivery"].(map[string]any)["kind"] != "ask_back" {
			t.Errorf("ask: %v", got)
		}
		if asked := string(i.smtp.WaitMessages(t, 4)[3].Data); !strings.Contains(asked, "How long was the visit?") || strings.Contains(asked, "time rule") {
			t.Errorf("the question to the asker:\n%s", asked)
		}
		i.run("Answered by telephone.", "case", "close", ref(1), "--as", "dana@firm.example", "--file", "-")
		if r := i.try("words", "case", "answer", ref(1), "--as", "dana@firm.example", "--file", "-"); r.status != 1 || !strings.Contains(r.errors, "nothing was sent") {
			t.Errorf("an answer to a closed case: %d %q", r.status, r.errors)
		}
		if r := i.try(" \n", "case", "answer", ref(2), "--as", "dana@firm.example", "--file", "-"); r.status != 1 || !strings.Contains(r.errors, "nothing to send") {
			t.Errorf("an empty answer: %d %q", r.status, r.errors)
		}
		if r := i.try("", "case", "show", "CC-1-AAAAA"); r.status != 1 || !strings.Contains(r.errors, "case list") {
			t.Errorf("a case that does not exist: %d %q", r.status, r.errors)
		}
		i.run("", "user", "disable", "lee@firm.example")
		if r := i.try("", "case", "claim", ref(2), "--as", "lee@firm.example"); r.status != 1 || !strings.Contains(r.errors, "disabled") {
			t.Errorf("a disabled consultant: %d %q", r.status, r.errors)
		}
		for _, test := range []struct {
			args []string
			want []string
		}{
			{[]string{"--state", "closed"}, []string{ref(1)}},
			{[]string{"--state", "closed,waiting"}, []string{ref(1), ref(2)}},
			{[]string{"--code", "99214"}, []string{ref(2)}},
			{[]string{"--queue", "surgery"}, nil},
			{[]string{"--limit", "2"}, []string{ref(0), ref(1)}},
		} {
			var got []string
			for _, one := range objects(t, i.run("", append([]string{"case", "list", "--json"}, test.args...)...)) {
				got = append(got, one["ref"].(string))
			}
			if !slices.Equal(got, test.want) {
				t.Errorf("case list %v: %v, want %v", test.args, got, test.want)
			}
		}
		if shown := object(t, i.run("", "case", "show", ref(0), "--json")); shown["notes"].([]any)[0].(map[string]any)["body"] != "Look at the time rule." {
			t.Errorf("notes: %v", shown["notes"])
		}
		if human := i.run("", "case", "list"); !strings.Contains(human, "asked_back") || !strings.Contains(human, "Question 2") {
			t.Errorf("for a person:\n%s", human)
		}
		if r := i.try("", "case", "verify"); r.status != 0 || !strings.Contains(r.out, "3 cases") || !strings.Contains(r.out, "0 broken") {
			t.Errorf("verify: %d\n%s", r.status, r.out)
		}
	})
}

func TestPrintable(t *testing.T) {
	t.Parallel()
	if got := printable("a\x1b[31m\tb\u202ec\u009b\nd"); got != "a[31m bc d" {
		t.Errorf("got %q", got)
	}
	if got := stateWords(&casefile.Case{State: casefile.Waiting, Flags: []casefile.Flag{casefile.Overdue}}); got != "waiting overdue" {
		t.Errorf("got %q", got)
	}
}
