import Testing

/// The built program as a process, with real processes around it. One at a time: each takes the machine as it is.
@Suite(.serialized, .onAThreadOfItsOwn) enum SystemTests {}
