package store

import "time"

// SetClock gives an observer another clock than the machine's.
func (o *Observer) SetClock(clock func() time.Time) { o.clock = clock }
