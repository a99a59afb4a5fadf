package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"caseconsultant/workflow/codes"
)

var update = flag.Bool("update", false, "write the golden files anew")

func TestInspect(t *testing.T) {
	t.Parallel()
	files := []string{"testdata/inspect/question.eml", "testdata/inspect/nothing.eml", "testdata/inspect/bounce.eml", "testdata/inspect/attachment.eml", "testdata/inspect"}
	r := command(t, "", append([]string{"inspect", "--json"}, files...)...)
	if r.status != 1 || !strings.Contains(r.errors, "2 of 5 files") {
		t.Errorf("exit status %d with two files that cannot be read: %s", r.status, r.errors)
	}
	golden := filepath.Join("testdata", "inspect", "golden.jsonl")
	if *update {
		if err := os.WriteFile(golden, []byte(r.out), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	got, wanted := objects(t, r.out), objects(t, string(want))
	if len(got) != len(files) || len(wanted) != len(files) {
		t.Fatalf("%d lines, %d in the golden file, for %d files", len(got), len(wanted), len(files))
	}
	for i, file := range files {
		if got[i]["file"] != file {
			t.Errorf("line %d is of %v, want %s", i, got[i]["file"], file)
		}
		a, b := indented(t, got[i]), indented(t, wanted[i])
		if a != b {
			t.Errorf("%s: got\n%s\nwant (run with -update if it is meant to change)\n%s", file, a, b)
		}
	}
}

func indented(t *testing.T, v any) string {
	t.Helper()
	b, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// TestInspectHasTheKeysOfTheContract: other programs rely on each of them, lists never being null.
func TestInspectHasTheKeysOfTheContract(t *testing.T) {
	t.Parallel()
	r := command(t, "", "inspect", "--json", "testdata/inspect/question.eml")
	got := object(t, r.out)
	for _, key := range []string{"file", "message", "trust", "intent", "kind", "topics", "payer", "date_of_service", "dates", "stated", "references", "mentions", "findings", "not_checked"} {
		if value, ok := got[key]; !ok || value == nil {
			t.Errorf("%q is missing or null", key)
		}
	}
	message := got["message"].(map[string]any)
	for _, key := range []string{"message_id", "from", "to", "subject", "date", "text", "reply", "quoted", "signature", "reply_offsets", "screen", "auto", "bounce",
		"bounce_recipient", "bounce_status", "attachments", "problems"} {
		if value, ok := message[key]; !ok || value == nil {
			t.Errorf("message.%q is missing or null", key)
		}
	}
	text, reply := message["text"].(string), ""
	for _, span := range message["reply_offsets"].([]any) {
		reply += text[int(span.([]any)[0].(float64)):int(span.([]any)[1].(float64))]
	}
	if reply != message["reply"] {
		t.Errorf("reply_offsets cut %q out of the text, reply is %q", reply, message["reply"])
	}
	codes := make(map[string]bool)
	for _, m := range got["mentions"].([]any) {
		mention := m.(map[string]any)
		for _, key := range []string{"system", "code", "modifiers", "units", "range_end", "text", "source", "attachment", "start", "end", "group", "role"} {
			if value, ok := mention[key]; !ok || value == nil {
				t.Errorf("mention.%q is missing or null", key)
			}
		}
		codes[mention["code"].(string)] = true
		if mention["source"] == "reply" && reply[int(mention["start"].(float64)):int(mention["end"].(float64))] != mention["text"] {
			t.Errorf("the offsets of %v do not lead to its text", mention)
		}
	}
	for _, code := range []string{"31297", "31288", "J32.3"} {
		if !codes[code] {
			t.Errorf("%s was not found", code)
		}
	}
	more := object(t, command(t, "", "inspect", "--json", "--texts", "--explain", "testdata/inspect/question.eml").out)
	if len(more["texts"].([]any)) < 2 || len(more["explain"].([]any)) < 3 {
		t.Errorf("--texts --explain added %v and %v", more["texts"], more["explain"])
	}
}

func TestInspectKeepsTheOrderOfManyFiles(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	args := []string{"inspect", "--json"}
	const many = 500
	for i := range many {
		file := filepath.Join(dir, fmt.Sprintf("%d.eml", i))
		body := strings.Repeat("word ", (i%7)*2000) + fmt.Sprintf("\nIs CPT %d right?", 99202+i%4)
		if err := os.WriteFile(file, question(fmt.Sprint("q", i), fmt.Sprint("Mail ", i), body), 0o600); err != nil {
			t.Fatal(err)
		}
		args = append(args, file)
	}
	r := command(t, "", args...)
	got := objects(t, r.out)
	if r.status != 0 || len(got) != many {
		t.Fatalf("exit status %d, %d lines: %s", r.status, len(got), r.errors)
	}
	for i, o := range got {
		if o["file"] != args[i+2] || o["message"].(map[string]any)["subject"] != fmt.Sprint("Mail ", i) {
			t.Fatalf("line %d is of %v", i, o["file"])
		}
	}
}

func TestInspectForAPersonIsSafeOnATerminal(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "evil.eml")
	if err := os.WriteFile(file, question("q", "Hello \x1b]0;owned\x07", "Is 99213 right?\x1b[2J"), 0o600); err != nil {
		t.Fatal(err)
	}
	r := command(t, "", "inspect", "--texts", file)
	if r.status != 0 || strings.ContainsAny(r.out, "\x1b\x07") || !strings.Contains(r.out, "99213") {
		t.Errorf("exit status %d: %q", r.status, r.out)
	}
}

// TestInspectShowsAMailAtAGlance: a person sees what was taken for the question, for history and for the sign-off.
func TestInspectShowsAMailAtAGlance(t *testing.T) {
	t.Parallel()
	mail := "From: lee@clinic.example\r\nSubject: Re: 31297\r\nContent-Type: text/plain\r\n\r\n" +
		"> Who pays?\r\n\r\nMedicare, and 31288-RT too.\r\n\r\n-- \r\nLee Example, CPC\r\n"
	r := command(t, mail, "inspect", "-")
	want := "   > > Who pays?\n   >\n   │ Medicare, and 31288-RT too.\n   │\n   ~ --\n   ~ Lee Example, CPC\n"
	if !strings.Contains(r.out, want) {
		t.Errorf("inspect prints\n%s\nwant in it\n%s", r.out, want)
	}
}

// A mail attached to a mail is handed on after what it carries; each text is still that of its own file.
func TestInspectReadsWhatAnAttachedMailCarries(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "mail.eml")
	raw := "From: lee@clinic.example\nSubject: two\nContent-Type: multipart/mixed; boundary=b\n\n--b\n\nSee the mail.\n--b\nContent-Type: message/rfc822\n\nSubject: inner\n" +
		"Content-Type: multipart/mixed; boundary=c\n\n--c\n\ninner text\n--c\nContent-Type: text/csv; name=codes.csv\nContent-Disposition: attachment\n\ncode,modifier\n31297,50\n--c--\n--b--\n"
	if err := os.WriteFile(file, []byte(raw), 0o600); err != nil {
		t.Fatal(err)
	}
	var got struct {
		Message  inspectedMail
		Mentions []codes.Mention
	}
	if err := json.Unmarshal([]byte(command(t, "", "inspect", "--json", file).out), &got); err != nil {
		t.Fatal(err)
	}
	if a := got.Message.Attachments; len(a) != 2 || a[0].ContentType != "message/rfc822" || a[1].Filename != "codes.csv" || a[1].TextChars == 0 {
		t.Errorf("attachments %+v", a)
	}
	if len(got.Mentions) != 1 || got.Mentions[0].Code != "31297" {
		t.Errorf("mentions %+v", got.Mentions)
	}
}
