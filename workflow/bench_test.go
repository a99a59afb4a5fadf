package workflow_test

import (
	"fmt"
	"testing"

	"caseconsultant/workflow"
	"caseconsultant/workflow/store/storetest"
)

// BenchmarkLoneCase is the time from a mail's delivery into the ledger to its summary in the SMTP server's hands, one
// mail at a time. It justifies wake.go: without it each of the five steps waits for a poll on SQLite.
func BenchmarkLoneCase(b *testing.B) {
	for name, url := range map[string]func(testing.TB) string{"SQLite": storetest.SQLiteURL, "PostgreSQL": storetest.PostgresURL} {
		b.Run(name, func(b *testing.B) {
			l := setup(b, url(b), func(o *workflow.Options) { o.PerSender = workflow.Rate{} })
			l.start()
			l.deliver(question("warm@clinic.example")) // River's producers start up
			l.smtp.WaitMessages(b, 1)
			sent := 1
			for b.Loop() {
				l.deliver(question(fmt.Sprintf("q%d@clinic.example", sent)))
				sent++
				l.smtp.WaitMessages(b, sent)
			}
		})
	}
}

// BenchmarkBacklog is the throughput of the line: a hundred mails at once.
func BenchmarkBacklog(b *testing.B) {
	const mails = 100
	for name, url := range map[string]func(testing.TB) string{"SQLite": storetest.SQLiteURL, "PostgreSQL": storetest.PostgresURL} {
		b.Run(name, func(b *testing.B) {
			l := setup(b, url(b))
			l.start()
			sent := 0
			for b.Loop() {
				for range mails {
					l.deliver(question(fmt.Sprintf("q%d@clinic.example", sent)))
					sent++
				}
				l.smtp.WaitMessages(b, sent)
			}
			b.ReportMetric(float64(sent)/b.Elapsed().Seconds(), "mails/s")
		})
	}
}
