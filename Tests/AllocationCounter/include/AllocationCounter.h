#ifndef ALLOCATION_COUNTER_H
#define ALLOCATION_COUNTER_H

/// Begins to count the memory that the calling thread allocates.
void allocation_counter_begin(void);

/// Ends it. The most bytes that were live at one time, over what was live at the beginning.
long allocation_counter_end(void);

#endif
