package message_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
)

// asked are sentences of a question, %d a number. Many look like something else.
var asked = []string{"Is %d-25 right for this visit?", "We billed %d with 20610 and J32.0.", "The payer denied %d, CO-97.", "Sent with modifier 25, %d was paid.", "Dx M17.11 with %d; please confirm.", "> 5 mm, so %d?",
	"This message from the payer is confidential, they say, about %d.", "From: %d To: 20611", "On 3/2 the doctor wrote %d down.", "-- %d, then 20610?",
	"On 3/2/2026 at 9:30 AM Dr. Lee wrote: %d.", "Dr. Lee wrote about %d:", "Date: 03/02/2026 09:15 with %d", "To: the payer for %d", "Subject: 45 M, %d", "Sent from the office with %d on 3/2.", "The information in this chart supports %d.",
	"Notice: the plan covers %d.", "Confidential: an employee had %d.", "Original message of the payer on %d:", "Forwarded message of the payer on %d:", "Call 555-555-0100 about %d.", "W dniu 2.03 %d, po: 20611", "Am Montag %d gemacht:", "De: %d A: 20611",
	"Please see %d at www.clinic.example today.", "Caution: external fixator, %d.", "Unsubscribe nobody, bill %d.", "PS: %d too?", "- %d left", "* %d right", "%d:", "%d > 20611?", "In a message the rep wrote %d:"}

// Mails put together at random of what people and programs write: whatever stands around it, no sentence of the question is lost, no sentence of
// the history is taken for the question, and the sign-off is not read.
func TestNoSentenceOfTheQuestionIsLost(t *testing.T) {
	t.Parallel()
	said := []string{"History %d which side?", "History %d thanks.", "History %d please send the note."}
	over := []string{"On Mon, Mar 2, 2026 at 9:00 AM Dana <dana@firm.example> wrote:", "On Mon, Mar 2, 2026 at 9:00 AM Dana Example\n<dana@firm.example> wrote:", "Am 02.03.2026 um 09:00 schrieb Dana:", "Le 2 mars 2026 à 09:00, Dana a écrit :"}
	block := []string{"From: Dana <dana@firm.example>\nSent: Monday, March 2, 2026 9:00 AM\nTo: Lee\nSubject: x\n", "-----Original Message-----\nFrom: Dana\n", "________________________________\nFrom: Dana\nSent: Monday\nTo: Lee\nSubject: x\n"}
	sign := []string{"", "-- \nSign-off\nExample ENT", "Sent from my iPhone", "Get Outlook for iOS", "Thanks,\nLee Example, CPC\nSign-off\nPhone: (555) 555-0100", "CONFIDENTIALITY NOTICE: Sign-off is for the recipient."}
	for seed := range uint64(3000) {
		r := rand.New(rand.NewPCG(seed, 1))
		number := 30000
		var question []string
		marked := false
		sentences := func() string {
			var lines []string
			for range 1 + r.IntN(4) {
				number++
				s := fmt.Sprintf(asked[r.IntN(len(asked))], number)
				if marked && s[0] == '>' {
					continue // among marked lines nobody could tell
				}
				question = append(question, s)
				lines = append(lines, s)
				if r.IntN(3) == 0 {
					lines = append(lines, "")
				}
			}
			return strings.TrimRight(strings.Join(lines, "\n"), "\n")
		}
		history := func(prefix string) string {
			var lines []string
			for range 1 + r.IntN(4) {
				number++
				lines = append(lines, prefix+fmt.Sprintf(said[r.IntN(len(said))], number))
			}
			return strings.Join(lines, "\n")
		}
		signed := sign[r.IntN(len(sign))]
		var text string
		kind := r.IntN(5)
		marked = kind >= 1 && kind <= 3
		switch kind {
		case 0:
			text = sentences() + "\n\n" + signed
		case 1: // above
			text = sentences() + "\n\n" + signed + "\n\n" + over[r.IntN(len(over))] + "\n" + history("> ")
		case 2: // below
			text = over[r.IntN(len(over))] + "\n" + history("> ") + "\n\n" + sentences() + "\n\n" + signed
		case 3: // between
			text = over[r.IntN(len(over))] + "\n" + history("> ") + "\n\n" + sentences() + "\n\n" + history("> ") + "\n\n" + sentences() + "\n\n" + signed
		case 4: // Outlook
			text = sentences() + "\n\n" + signed + "\n\n" + block[r.IntN(len(block))] + "\n" + history("")
		}
		if len(question) == 0 {
			continue // then all of it is shown as new
		}
		m := plainMail(t, "RE: x", text)
		for _, s := range question {
			if !strings.Contains(m.Reply, s) {
				t.Errorf("seed %d: %q is not in the reply\n%s\nof\n%s", seed, s, m.Reply, text)
			}
		}
		if strings.Contains(m.Reply, "History") {
			t.Errorf("seed %d: history in the reply\n%s\nof\n%s", seed, m.Reply, text)
		}
		if strings.Contains(m.Reply, "Sign-off") {
			t.Errorf("seed %d: the sign-off is in the reply\n%s\nof\n%s", seed, m.Reply, text)
		}
		if t.Failed() && seed > 20 {
			return
		}
	}
}
