package mailin_test

import (
	"fmt"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"caseconsultant/mailin"
	"caseconsultant/mailin/imaptest"
)

// BenchmarkLatency measures from the moment at which the server's announcement is read to the moment at which the ledger has committed the mail.
func BenchmarkLatency(b *testing.B) {
	imaptest.EachBenchmark(b, func(b *testing.B, srv *imaptest.Server) {
		ledger := imaptest.NewLedger()
		var taken []time.Duration
		ledger.Book().Set(imaptest.Hooks{Deliver: func(mail mailin.Mail) error {
			taken = append(taken, time.Since(mail.Announced))
			return nil
		}})
		watch(b, srv.Config(), ledger)
		untilState(b, ledger, mailin.StateIdle)
		raw := imaptest.Letter("l", "latency", strings.Repeat("May I bill 31267-50 with 31288? ", 100))
		for i := 0; b.Loop(); i++ {
			srv.Append(b, inbox, raw, nil, time.Time{})
			until(b, ledger, "it is delivered and awaited again", func(v imaptest.View) bool {
				return len(v.Sequence) == i+1 && v.Row(v.Lease.LastUID).Mark != ""
			})
		}
		slices.Sort(taken)
		at := func(p int) float64 { return float64(taken[len(taken)*p/100].Microseconds()) / 1000 }
		b.ReportMetric(at(50), "p50-ms")
		b.ReportMetric(at(99), "p99-ms")
	})
}

// BenchmarkBacklog measures how fast a full folder is handed on, and the most memory that takes.
func BenchmarkBacklog(b *testing.B) {
	imaptest.EachBenchmark(b, func(b *testing.B, srv *imaptest.Server) {
		for _, mails := range []int{100, 2000, 10_000} {
			b.Run(fmt.Sprint(mails), func(b *testing.B) {
				raw := imaptest.Letter("b", "backlog", strings.Repeat("May I bill 31267-50 with 31288? ", 600)) // 19 KiB
				for range mails - len(srv.List(b, inbox)) {
					srv.Append(b, inbox, raw, nil, time.Time{})
				}
				runtime.GC()
				for b.Loop() {
					ledger := imaptest.NewLedger()
					// Not Until: it copies all rows with each change.
					count, all := 0, make(chan struct{})
					ledger.Book().Set(imaptest.Hooks{Forget: true, Delivered: func(mailin.Mail) error {
						if count++; count == mails {
							close(all)
						}
						return nil
					}})
					most, stop := watchHeap()
					began := time.Now()
					cfg := srv.Config()
					cfg.AnswerWithin = -1
					w := watch(b, cfg, ledger)
					<-all
					b.ReportMetric(float64(mails)/time.Since(began).Seconds(), "mails/s")
					w.stop()
					stop()
					b.ReportMetric(float64(*most)/(1<<20), "MiB-heap")
				}
			})
		}
	})
}

// watchHeap samples the heap that is in use.
func watchHeap() (most *uint64, stop func()) {
	most = new(uint64)
	end, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		for {
			var stats runtime.MemStats
			runtime.ReadMemStats(&stats)
			*most = max(*most, stats.HeapInuse)
			select {
			case <-end:
				return
			case <-time.After(20 * time.Millisecond):
			}
		}
	}()
	return most, func() {
		close(end)
		<-ended
	}
}

// BenchmarkLargeMails measures the memory that mails of 25 MB take.
func BenchmarkLargeMails(b *testing.B) {
	imaptest.EachBenchmark(b, func(b *testing.B, srv *imaptest.Server) {
		raw := imaptest.Letter("large", "scans", strings.Repeat(strings.Repeat("x", 76)+"\n", 330_000))
		for range 4 {
			srv.Append(b, inbox, raw, nil, time.Time{})
		}
		raw = nil
		runtime.GC()
		for b.Loop() {
			ledger := imaptest.NewLedger()
			ledger.Book().Set(imaptest.Hooks{Forget: true})
			most, stop := watchHeap()
			w := watch(b, srv.Config(), ledger)
			untilDelivered(b, ledger, 4)
			w.stop()
			stop()
			b.ReportMetric(float64(*most)/(1<<20), "MiB-heap")
		}
	})
}
