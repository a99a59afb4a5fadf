//go:build race

package codebook

const raceDetector = true
