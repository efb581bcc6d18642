import { PARTITIONS_OPENED_PER_SLOT } from './limits.ts';
import type { BrokerServices } from './services.ts';

/**
 * Opens the logs of all partitions this broker leads, a few at a time, so that retention knows all of
 * them and none is kept under settings that are not its own. `done` runs when the last one is open.
 */
export function openInBackground(services: BrokerServices, done: () => void): void {
  const { image, partitions, wheel } = services;
  const topics = Array.from(image.topics.values());
  let position = 0;
  let index = 0;
  const openSome = (): void => {
    for (let left = PARTITIONS_OPENED_PER_SLOT; left > 0; left--) {
      const topic = topics[position];
      if (topic === undefined) return done();
      if (index >= topic.partitions.length || image.topics.findById(topic.topicId) === undefined) {
        position++;
        index = 0;
        continue;
      }
      partitions.lookUp(topic, index++);
    }
    wheel.schedule(0, { onExpired: openSome });
  };
  openSome();
}
