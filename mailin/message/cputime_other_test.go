//go:build !linux

package message_test

import "time"

func cpuTime(f func()) time.Duration { return clockTime(f) }
