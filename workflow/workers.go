package workflow

import "github.com/riverqueue/river"

// addWorkers registers one worker a step.
func (l *Line) addWorkers(workers *river.Workers) {
	river.AddWorker(workers, &readWorker{line: l})
	river.AddWorker(workers, &documentWorker{line: l})
	river.AddWorker(workers, &extractWorker{line: l})
	river.AddWorker(workers, &attachWorker{line: l})
	river.AddWorker(workers, &routeWorker{line: l})
	river.AddWorker(workers, &sendWorker{line: l})
	river.AddWorker(workers, &notifyWorker{line: l})
}
