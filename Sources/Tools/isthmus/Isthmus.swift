import ArgumentParser
@main struct Isthmus: ParsableCommand {}
