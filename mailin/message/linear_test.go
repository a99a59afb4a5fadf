package message_test

import (
	"strings"
	"testing"
)

// BenchmarkLines shows that the time grows with the size of the mail, whatever its lines look like.
func BenchmarkLines(b *testing.B) {
	for name, line := range map[string]string{"Prose": "a line of prose about 99213 and the like", "Quoted": "> a quoted line", "Attribution": "On 2 Mar 2026 Dana wrote about it", "Header": "From: a", "Underscores": "____________________________", "Original": "-----Original Message-----\r\n> a",
		"Forwarded": "----- Forwarded Message -----\r\n> a", "GroupWise": ">>> Dana 3/2/2026 9:00 AM >>>", "Notice": "This message is confidential.\r\n", "SentFrom": "Sent from my iPhone\r\n", "Mark": "-- ",
		"Wrote": "On 2 Mar 2026 at 9:00 Dana wrote:", "Answered": "On 2 Mar 2026 at 9:00 Dana <dana@firm.example> wrote:\r\n> a\r\nb"} {
		for _, n := range []int{10_000, 100_000} {
			raw := mail(append(head(), "", strings.Repeat(line+"\r\n", n))...)
			b.Run(name+map[int]string{10_000: "10k", 100_000: "100k"}[n], func(b *testing.B) {
				b.SetBytes(int64(len(raw)))
				for b.Loop() {
					parse(b, raw)
				}
			})
		}
	}
}
