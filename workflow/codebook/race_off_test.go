//go:build !race

package codebook

// raceDetector: the tests run under the race detector, which makes SQLite some twenty times slower.
const raceDetector = false
