package demo

import "math"

// Fold is one split of the images, ready to learn from. Neighbours are looked
// for among strokes; softmax, which can only weigh, sees the pixels.
type Fold struct {
	Train, Held             Matrix // strokes
	TrainPixels             Matrix // each column scaled to mean 0 and deviation 1
	HeldPixels              Matrix // scaled like the columns of TrainPixels
	TrainLabels, HeldLabels []int
}

// fold gathers the rows of one split. The scale comes from the training rows
// alone: what is held back must not be known beforehand.
func (set Dataset) fold(described Matrix, split Split) Fold {
	pixels := set.Images.Pick(split.Train)
	scale := fitScaler(pixels)
	return Fold{
		Train:       described.Pick(split.Train),
		Held:        described.Pick(split.Held),
		TrainPixels: scale.Apply(pixels),
		HeldPixels:  scale.Apply(set.Images.Pick(split.Held)),
		TrainLabels: pick(set.Labels, split.Train),
		HeldLabels:  pick(set.Labels, split.Held),
	}
}

// disturb moves one number of x by so many ulps and returns its index: the
// first in the second half of x that is not zero, or -1 if there is none. That
// is what a reader does that rounds the last bit of a number in another way.
func disturb(x Matrix, ulps int) int {
	for i := len(x.Data) / 2; i < len(x.Data); i++ {
		if x.Data[i] == 0 {
			continue
		}
		for range ulps {
			x.Data[i] = math.Nextafter(x.Data[i], math.Inf(1))
		}
		return i
	}
	return -1
}
